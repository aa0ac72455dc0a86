/* SPDX-License-Identifier: MIT */
/*
 * An index becomes rows once, in the transaction that makes it the trusted one:
 *
 *     offer    what resolving, search and info ask of a package; lists are texts with a line each
 *     content  its libraries, programs and files, as JSON
 *     word     digests of its files, provided names and exported symbols, to find it by
 *
 * (O1) Rows are only ever made from an index that was verified and read as strictly as can be.
 * (O2) A word only says where to look: what is found is compared by who asked.
 */
#include "repo/trust/offers.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The columns, as write_offer() and read_offer() have them. */
#define OFFER_COLUMNS                                                                    \
	"name, version, release, summary, licence, homepage, kind, requires, provides, " \
	"conflicts, replaces, architectures, installed_size, download_size, sha256"

struct word {
	int64_t hash;
	int64_t offer;
};

struct words {
	struct arena *arena;
	VEC(struct word) list;
};

static int64_t
hash_word(const char *text, size_t length)
{
	struct digest digest = hash_bytes(text, length);
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof hash; i++)
		hash = hash << 8 | digest.bytes[i];
	return (int64_t)hash;
}

static void
add_word(struct words *words, int64_t offer, const char *text, size_t length)
{
	vec_push(words->arena, &words->list, (struct word){ hash_word(text, length), offer });
}

/* "lib:z = 1.2" is found by its name. */
static size_t
name_length(const char *relation)
{
	return strcspn(relation, " ");
}

static void
add_words(struct words *words, int64_t offer, const struct index_package *package)
{
	for (size_t i = 0; i < package->provides.len; i++)
		add_word(words, offer, package->provides.at[i],
			name_length(package->provides.at[i]));
	for (size_t i = 0; i < package->files.len; i++)
		add_word(words, offer, package->files.at[i], strlen(package->files.at[i]));
	for (size_t i = 0; i < package->library_count; i++) {
		const struct manifest_list *exports = &package->libraries[i].exports;

		for (size_t k = 0; k < exports->len; k++)
			add_word(words, offer, exports->at[k], strlen(exports->at[k]));
	}
}

static int
compare_words(const void *a, const void *b)
{
	const struct word *left = a;
	const struct word *right = b;
	int order = (left->hash > right->hash) - (left->hash < right->hash);

	return order != 0 ? order : (left->offer > right->offer) - (left->offer < right->offer);
}

/* In the order of the table: each page is written once. */
static int
write_words(struct trust *trust, const struct state_repo *repo, struct words *words)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	if (words->list.len == 0)
		return 0;
	qsort(words->list.at, words->list.len, sizeof *words->list.at, compare_words);
	TRY(db_prepare(trust->db, "INSERT OR IGNORE INTO word VALUES (?1, ?2, ?3)", &add));
	VEC_EACH (struct word, word, &words->list) {
		db_bind_integer(add, 1, repo->id);
		db_bind_integer(add, 2, word->hash);
		db_bind_integer(add, 3, word->offer);
		TRY(db_finish(add));
	}
	return 0;
}

/* Nothing in the lists has a line's end in it: relations and names are read strictly. */
static void
bind_list(struct db_query *query, int column, const struct manifest_list *list)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < list->len; i++) {
		strbuf_add_string(&text, list->at[i]);
		strbuf_add(&text, "\n", 1);
	}
	db_bind_text(query, column, strbuf_string(&text));
}

static int
write_offer(struct db_query *add, const struct index_package *package)
{
	db_bind_text(add, 2, package->name);
	db_bind_text(add, 3, package->version);
	db_bind_integer(add, 4, (int64_t)package->release);
	db_bind_text(add, 5, package->summary);
	db_bind_text(add, 6, package->licence);
	db_bind_text(add, 7, package->homepage);
	db_bind_integer(add, 8, package->kind);
	bind_list(add, 9, &package->requires);
	bind_list(add, 10, &package->provides);
	bind_list(add, 11, &package->conflicts);
	bind_list(add, 12, &package->replaces);
	bind_list(add, 13, &package->architectures);
	db_bind_integer(add, 14, (int64_t)package->installed_size);
	db_bind_integer(add, 15, (int64_t)package->download_size);
	db_bind_digest(add, 16, &package->sha256);
	return db_finish(add);
}

static int
write_contents(struct db_query *add, int64_t offer, const struct index_package *package)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	index_write_contents(package, &text);
	db_bind_integer(add, 1, offer);
	db_bind_bytes(add, 2, text.at, text.len);
	return db_finish(add);
}

static int
write_offers(struct trust *trust, const struct state_repo *repo, const struct index *index,
	struct words *words)
{
	struct db_query *offer AUTO(db_query_free) = NULL;
	struct db_query *content AUTO(db_query_free) = NULL;

	TRY(db_prepare(trust->db,
		"INSERT INTO offer (repository, " OFFER_COLUMNS ") VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
		&offer));
	TRY(db_prepare(trust->db, "INSERT INTO content VALUES (?1, ?2)", &content));
	db_bind_integer(offer, 1, repo->id);
	for (size_t i = 0; i < index->len; i++) {
		int64_t id;

		TRY(write_offer(offer, &index->packages[i]));
		id = db_last_id(trust->db);
		TRY(write_contents(content, id, &index->packages[i]));
		add_words(words, id, &index->packages[i]);
	}
	return 0;
}

static int
run_for(struct trust *trust, const char *sql, const struct state_repo *repo)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(trust->db, sql, &query));
	db_bind_integer(query, 1, repo->id);
	return db_finish(query);
}

static int
note_count(struct trust *trust, const struct state_repo *repo, size_t count)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(trust->db,
		"INSERT OR REPLACE INTO catalogue (repository, packages, bytes)"
		" VALUES (?1, ?2, x'')",
		&query));
	db_bind_integer(query, 1, repo->id);
	db_bind_integer(query, 2, (int64_t)count);
	return db_finish(query);
}

int
offers_store(struct trust *trust, const struct state_repo *repo, const struct index *index)
{
	static const char *const clear[] = {
		("DELETE FROM content WHERE offer IN"
		 " (SELECT id FROM offer WHERE repository = ?1)"),
		"DELETE FROM word WHERE repository = ?1",
		"DELETE FROM offer WHERE repository = ?1",
	};
	struct arena *arena AUTO(arena_free) = arena_new();
	struct words words = { .arena = arena };

	for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++)
		TRY(run_for(trust, clear[i], repo));
	TRY(write_offers(trust, repo, index, &words));
	TRY(write_words(trust, repo, &words));
	return note_count(trust, repo, index->len);
}

static int
adopt_one(struct trust *trust, const struct state_repo *repo, struct str bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct index index;
	int ret;

	TRY(err_context(index_read(arena, bytes, &index), "repository %s", repo->name));
	TRY(db_begin(trust->db));
	ret = offers_store(trust, repo, &index);
	if (ret >= 0)
		return db_commit(trust->db);
	db_rollback(trust->db);
	return ret;
}

/* A repository whose index is a text still; returns 1 when there is one. */
static int
find_text(struct arena *arena, struct trust *trust, struct state_repo *repo, struct str *bytes)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	char *name;
	void *at;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT id, name, bytes FROM repository JOIN catalogue ON repository = id"
		" WHERE length(bytes) > 0 LIMIT 1",
		&query));
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_integer(query, 0, &repo->id));
	TRY(db_get_text(arena, query, 1, &name));
	TRY(db_get_bytes(arena, query, 2, &at, &bytes->len));
	repo->name = name;
	bytes->at = at;
	return 1;
}

int
offers_adopt(struct trust *trust)
{
	for (;;) {
		struct arena *arena AUTO(arena_free) = arena_new();
		struct state_repo repo;
		struct str bytes;
		int ret = find_text(arena, trust, &repo, &bytes);

		if (ret <= 0)
			return ret;
		TRY(adopt_one(trust, &repo, bytes));
	}
}

/* The lines of a column. */
static int
read_list(
	struct arena *arena, struct db_query *query, int column, struct manifest_list *ret_list)
{
	struct manifest_list list = { 0 };
	char *text;

	TRY(db_get_text(arena, query, column, &text));
	for (const char *at = text; *at != '\0'; at++)
		list.len += *at == '\n';
	list.at = arena_array(arena, list.len + 1, sizeof *list.at);
	for (size_t i = 0; i < list.len; i++) {
		char *end = strchr(text, '\n');

		*end = '\0';
		list.at[i] = text;
		text = end + 1;
	}
	*ret_list = list;
	return 0;
}

static int
read_text(struct arena *arena, struct db_query *query, int column, const char **ret_text)
{
	char *text;

	TRY(db_get_text(arena, query, column, &text));
	*ret_text = text;
	return 0;
}

static int
read_number(struct db_query *query, int column, uint64_t *ret_number)
{
	int64_t number;

	TRY(db_get_integer(query, column, &number));
	*ret_number = (uint64_t)number;
	return 0;
}

static int
read_kind(struct db_query *query, int column, enum manifest_kind *ret_kind)
{
	int64_t kind;

	TRY(db_get_integer(query, column, &kind));
	if (kind < MANIFEST_IR || kind > MANIFEST_FILES)
		return err_set(ERR_FORMAT, "trust database: unknown kind of package");
	*ret_kind = (enum manifest_kind)kind;
	return 0;
}

static int
read_offer(struct arena *arena, struct db_query *query, struct index_package *package)
{
	TRY(read_text(arena, query, 0, &package->name));
	TRY(read_text(arena, query, 1, &package->version));
	TRY(read_number(query, 2, &package->release));
	if (!relation_is_full_name(package->name) || !relation_is_version(package->version))
		return err_set(
			ERR_FORMAT, "trust database: \"%.100s\" is no package", package->name);
	TRY(read_text(arena, query, 3, &package->summary));
	TRY(read_text(arena, query, 4, &package->licence));
	TRY(read_text(arena, query, 5, &package->homepage));
	TRY(read_kind(query, 6, &package->kind));
	TRY(read_list(arena, query, 7, &package->requires));
	TRY(read_list(arena, query, 8, &package->provides));
	TRY(read_list(arena, query, 9, &package->conflicts));
	TRY(read_list(arena, query, 10, &package->replaces));
	TRY(read_list(arena, query, 11, &package->architectures));
	TRY(read_number(query, 12, &package->installed_size));
	TRY(read_number(query, 13, &package->download_size));
	TRY(db_get_digest(query, 14, &package->sha256));
	TRY(read_number(query, 15, &package->contents_row));
	package->file = arena_printf(arena, "%s-%s-%" PRIu64 ".weld", package->name,
		package->version, package->release);
	return 0;
}

static char *
lower_case(struct arena *arena, const char *text)
{
	char *lower = arena_string(arena, text);

	for (char *at = lower; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return lower;
}

/* All rows of a name, from whatever repository: only then the best one can be told. */
static const char *const selections[] = {
	[TRUST_ALL] =
		"SELECT " OFFER_COLUMNS ", id FROM offer WHERE repository = ?1 ORDER BY id",
	[TRUST_NAMED] = "SELECT " OFFER_COLUMNS ", id FROM offer"
			" WHERE repository = ?1 AND name = ?2 ORDER BY id",
	[TRUST_LIKE] =
		"SELECT " OFFER_COLUMNS ", id FROM offer WHERE repository = ?1 AND name IN"
		" (SELECT name FROM offer"
		" WHERE instr(lower(name), ?2) > 0 OR instr(lower(summary), ?2) > 0)"
		" ORDER BY id",
	[TRUST_WITH] =
		"SELECT " OFFER_COLUMNS ", id FROM offer WHERE repository = ?1 AND name IN"
		" (SELECT offer.name FROM repository"
		" JOIN word ON word.repository = repository.id AND word.hash IN (?2, ?3)"
		" JOIN offer ON offer.id = word.offer)"
		" ORDER BY id",
};

int
offers_are_known(struct trust *trust, const struct state_repo *repo, bool *ret_are_known)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT packages FROM catalogue WHERE repository = ?1 AND length(bytes) = 0",
		&query));
	db_bind_integer(query, 1, repo->id);
	ret = db_step(query);
	TRY(ret);
	*ret_are_known = ret > 0;
	return 0;
}

static int
find_known(
	struct arena *arena, struct trust *trust, const char *name, struct state_repo *ret_repo)
{
	bool are_known;

	TRY(state_find(arena, trust, name, ret_repo));
	TRY(offers_are_known(trust, ret_repo, &are_known));
	if (!are_known)
		return err_set(ERR_NOT_FOUND,
			"repository %s: its packages are not known yet (run 'weld update')",
			name);
	return 0;
}

int
trust_offers(struct arena *arena, struct trust *trust, const char *name, enum trust_which which,
	const char *text, struct index *ret_index)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct index_package) packages = { 0 };
	struct state_repo repo = { 0 };
	int row;

	TRY(find_known(scratch, trust, name, &repo));
	TRY(db_prepare(trust->db, selections[which], &query));
	db_bind_integer(query, 1, repo.id);
	if (which == TRUST_NAMED)
		db_bind_text(query, 2, text);
	else if (which == TRUST_LIKE)
		db_bind_text(query, 2, lower_case(scratch, text));
	else if (which == TRUST_WITH) {
		db_bind_integer(query, 2, hash_word(text, strlen(text)));
		db_bind_integer(query, 3, hash_word(text, name_length(text)));
	}
	while ((row = db_step(query)) > 0) {
		struct index_package package = { 0 };

		TRY(err_context(
			read_offer(arena, query, &package), "repository %s", repo.name));
		vec_push(arena, &packages, package);
	}
	TRY(row);
	*ret_index = (struct index){ packages.at, packages.len };
	return 0;
}

int
trust_names(struct arena *arena, struct trust *trust, const char *name, char ***ret_names,
	size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(char *) names = { 0 };
	struct state_repo repo = { 0 };
	int row;

	TRY(find_known(arena, trust, name, &repo));
	TRY(db_prepare(trust->db,
		"SELECT DISTINCT name FROM offer WHERE repository = ?1 ORDER BY name", &query));
	db_bind_integer(query, 1, repo.id);
	while ((row = db_step(query)) > 0) {
		char *found;

		TRY(db_get_text(arena, query, 0, &found));
		vec_push(arena, &names, found);
	}
	TRY(row);
	*ret_names = names.at;
	*ret_count = names.len;
	return 0;
}

int
trust_contents(struct arena *arena, struct trust *trust, struct index_package *package)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	size_t length;
	void *bytes;
	int row;

	if (package->contents_row == 0)
		return 0;
	TRY(db_prepare(trust->db, "SELECT bytes FROM content WHERE offer = ?1", &query));
	db_bind_integer(query, 1, (int64_t)package->contents_row);
	row = db_step(query);
	TRY(row);
	if (row == 0)
		return err_set(ERR_NOT_FOUND,
			"%s: its repository was updated meanwhile (do this again)",
			package->file);
	TRY(db_get_bytes(scratch, query, 0, &bytes, &length));
	TRY(index_read_contents(arena, (struct str){ .at = bytes, .len = length }, package));
	package->contents_row = 0;
	return 0;
}
