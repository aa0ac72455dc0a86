/* SPDX-License-Identifier: MIT */
/*
 * What is installed, as rows: the description of the current generation, and what it has at each place of its
 * tree (places.c). Only rows that changed are written.
 *
 * (N1) The rows are changed in the transaction that adds the event of a switch, and say which
 *      generation they are of. Until the switch is made, and when it is not, that is not the one that
 *      `current` points to: then nobody believes them.
 */
#include "store/database/database.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/generation/tree.h"
#include "store/root/handle.h"

#include <string.h>

/* The columns after name and hash, as write_row() and read_row() have them. */
#define COLUMNS                                                                                \
	"version, release, summary, licence, kind, repository, digest, manifest, store_name, " \
	"is_manual, is_held, installed_at, requires, provides, conflicts, replaces, "          \
	"files_size, is_plain, list, texts"

/* Relations are lines: none has a line's end in it, which the repository's readers make sure of. */
static const char *
join(struct arena *arena, const char *const *texts, size_t count)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < count; i++) {
		strbuf_add_string(&text, texts[i]);
		strbuf_add(&text, "\n", 1);
	}
	return arena_string(arena, strbuf_string(&text));
}

struct row { /* a package's columns, in one order */
	const char *texts[11];
	uint64_t numbers[6];
	struct digest hash; /* of all of them, and of the digests */
};

enum {
	NAME,
	VERSION,
	SUMMARY,
	LICENCE,
	KIND,
	REPOSITORY,
	STORE_NAME,
	REQUIRES,
	PROVIDES,
	CONFLICTS,
	REPLACES
};
enum { RELEASE, IS_MANUAL, IS_HELD, INSTALLED_AT, SIZE, IS_PLAIN };

static void
hash_row(const struct generation_package *package, struct row *row)
{
	struct hash hash;

	hash_init(&hash);
	for (size_t i = 0; i < sizeof row->texts / sizeof row->texts[0]; i++)
		hash_add_string(&hash, row->texts[i]);
	for (size_t i = 0; i < sizeof row->numbers / sizeof row->numbers[0]; i++)
		hash_add_u64(&hash, row->numbers[i]);
	hash_add(&hash, package->digest.bytes, DIGEST_SIZE);
	hash_add(&hash, package->manifest.bytes, DIGEST_SIZE);
	hash_add(&hash, package->list.bytes, DIGEST_SIZE);
	if (package->text_count > 0)
		hash_add(&hash, package->texts, package->text_count * sizeof *package->texts);
	row->hash = hash_end(&hash);
}

static struct row
make_row(struct arena *arena, const struct generation_package *package)
{
	struct row row = {
		.texts = { [NAME] = package->name,
			[VERSION] = package->version,
			[SUMMARY] = package->summary,
			[LICENCE] = package->licence,
			[KIND] = package->kind,
			[REPOSITORY] = package->repository,
			[STORE_NAME] = package->store_name,
			[REQUIRES] = join(arena, package->requires, package->require_count),
			[PROVIDES] = join(arena, package->provides, package->provide_count),
			[CONFLICTS] = join(arena, package->conflicts, package->conflict_count),
			[REPLACES] = join(arena, package->replaces, package->replace_count) },
		.numbers = { [RELEASE] = package->release,
			[IS_MANUAL] = package->is_manual,
			[IS_HELD] = package->is_held,
			[INSTALLED_AT] = package->installed_at,
			[SIZE] = package->files_size,
			[IS_PLAIN] = package->is_plain },
	};

	hash_row(package, &row);
	return row;
}

static int
write_row(struct db_query *add, const struct generation_package *package, const struct row *row)
{
	int column = 1;

	db_bind_text(add, column++, row->texts[NAME]);
	db_bind_digest(add, column++, &row->hash);
	db_bind_text(add, column++, row->texts[VERSION]);
	db_bind_integer(add, column++, (int64_t)row->numbers[RELEASE]);
	for (int i = SUMMARY; i <= REPOSITORY; i++)
		db_bind_text(add, column++, row->texts[i]);
	db_bind_digest(add, column++, &package->digest);
	db_bind_digest(add, column++, &package->manifest);
	db_bind_text(add, column++, row->texts[STORE_NAME]);
	for (int i = IS_MANUAL; i <= INSTALLED_AT; i++)
		db_bind_integer(add, column++, (int64_t)row->numbers[i]);
	for (int i = REQUIRES; i <= REPLACES; i++)
		db_bind_text(add, column++, row->texts[i]);
	db_bind_integer(add, column++, (int64_t)row->numbers[SIZE]);
	db_bind_integer(add, column++, (int64_t)row->numbers[IS_PLAIN]);
	db_bind_digest(add, column++, &package->list);
	db_bind_bytes(add, column, package->text_count == 0 ? (const void *)"" : package->texts,
		package->text_count * sizeof *package->texts);
	return db_finish(add);
}

/* The hashes of the rows that are there, by name. */
static int
read_hashes(struct arena *arena, const struct store *store, struct map *ret_hashes)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	struct map hashes = { 0 };
	int row;

	TRY(db_prepare(store->db, "SELECT name, hash FROM installed", &query));
	while ((row = db_step(query)) > 0) {
		struct digest *hash = ARENA_NEW(arena, struct digest);
		char *name;

		TRY(db_get_text(arena, query, 0, &name));
		TRY(db_get_digest(query, 1, hash));
		map_set(arena, &hashes, name, hash);
	}
	TRY(row);
	*ret_hashes = hashes;
	return 0;
}

static int
remove_others(struct arena *arena, struct store *store, const struct map *hashes,
	const struct generation *generation)
{
	struct db_query *remove AUTO(db_query_free) = NULL;
	struct map wanted = { 0 };

	for (size_t i = 0; i < generation->package_count; i++)
		map_set(arena, &wanted, generation->packages[i].name, store);
	TRY(db_prepare(store->db, "DELETE FROM installed WHERE name = ?1", &remove));
	for (size_t i = 0; i < hashes->len; i++) {
		if (map_has(&wanted, hashes->entries[i].key))
			continue;
		db_bind_text(remove, 1, hashes->entries[i].key);
		TRY(db_finish(remove));
	}
	return 0;
}

static int
write_packages(struct store *store, const struct generation *generation)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *add AUTO(db_query_free) = NULL;
	struct map hashes;

	TRY(read_hashes(arena, store, &hashes));
	TRY(remove_others(arena, store, &hashes, generation));
	TRY(db_prepare(store->db,
		"INSERT OR REPLACE INTO installed (name, hash, " COLUMNS ") VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
		" ?18, ?19, ?20, ?21, ?22)",
		&add));
	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];
		const struct digest *known = map_get(&hashes, package->name);
		struct row row = make_row(arena, package);

		if (known == NULL || !digest_equal(known, &row.hash))
			TRY(write_row(add, package, &row));
	}
	return 0;
}

/* One of several like things that a generation has, as a text. */
typedef void write_part(const struct generation *generation, size_t i, struct strbuf *ret_text);

static void
write_image(const struct generation *generation, size_t i, struct strbuf *ret_text)
{
	generation_write_image(&generation->images[i], ret_text);
}

static void
write_decision(const struct generation *generation, size_t i, struct strbuf *ret_text)
{
	generation_write_decision(&generation->decisions[i], ret_text);
}

static void
write_output(const struct generation *generation, size_t i, struct strbuf *ret_text)
{
	generation_write_output(&generation->outputs[i], ret_text);
}

/* Make the texts of one kind those of a generation. */
static int
write_parts(struct store *store, const char *table, const struct generation *generation,
	size_t count, write_part *write)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(db_run(store->db, arena_printf(arena, "DELETE FROM %s", table)));
	TRY(db_prepare(
		store->db, arena_printf(arena, "INSERT INTO %s VALUES (?1, ?2)", table), &add));
	for (size_t i = 0; i < count; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };

		write(generation, i, &text);
		db_bind_integer(add, 1, (int64_t)i);
		db_bind_bytes(add, 2, text.at, text.len);
		TRY(db_finish(add));
	}
	return 0;
}

static int
write_number(struct store *store, uint64_t number)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(db_run(store->db, "DELETE FROM installed_of"));
	TRY(db_prepare(store->db, "INSERT INTO installed_of VALUES (?1)", &add));
	db_bind_integer(add, 1, (int64_t)number);
	return db_finish(add);
}

int
database_set_installed(struct store *store, const struct generation *generation)
{
	TRY(write_number(store, generation->number)); /* (N1) */
	TRY(write_packages(store, generation));
	TRY(write_parts(
		store, "installed_image", generation, generation->image_count, write_image));
	TRY(write_parts(store, "installed_decision", generation, generation->decision_count,
		write_decision));
	return write_parts(
		store, "installed_output", generation, generation->output_count, write_output);
}

static int
get_text(struct arena *arena, struct db_query *query, int column, const char **ret_text)
{
	char *text;

	TRY(db_get_text(arena, query, column, &text));
	*ret_text = text;
	return 0;
}

static int
get_number(struct db_query *query, int column, uint64_t *ret_number)
{
	int64_t number;

	TRY(db_get_integer(query, column, &number));
	*ret_number = (uint64_t)number;
	return 0;
}

static int
get_lines(struct arena *arena, struct db_query *query, int column,
	const char *const **ret_lines, size_t *ret_count)
{
	const char **lines;
	size_t count = 0;
	char *text;

	TRY(db_get_text(arena, query, column, &text));
	for (const char *at = text; *at != '\0'; at++)
		count += *at == '\n';
	lines = arena_array(arena, count + 1, sizeof *lines);
	for (size_t i = 0; i < count; i++) {
		lines[i] = text;
		text = strchr(text, '\n');
		*text++ = '\0';
	}
	*ret_lines = lines;
	*ret_count = count;
	return 0;
}

static int
read_row(struct arena *arena, struct db_query *query, struct generation_package *package)
{
	uint64_t is_manual;
	uint64_t is_held;
	uint64_t is_plain;
	size_t texts_size;
	void *texts;

	TRY(get_text(arena, query, 0, &package->name));
	TRY(get_text(arena, query, 1, &package->version));
	TRY(get_number(query, 2, &package->release));
	TRY(get_text(arena, query, 3, &package->summary));
	TRY(get_text(arena, query, 4, &package->licence));
	TRY(get_text(arena, query, 5, &package->kind));
	TRY(get_text(arena, query, 6, &package->repository));
	TRY(db_get_digest(query, 7, &package->digest));
	TRY(db_get_digest(query, 8, &package->manifest));
	TRY(get_text(arena, query, 9, &package->store_name));
	TRY(get_number(query, 10, &is_manual));
	TRY(get_number(query, 11, &is_held));
	TRY(get_number(query, 12, &package->installed_at));
	TRY(get_lines(arena, query, 13, &package->requires, &package->require_count));
	TRY(get_lines(arena, query, 14, &package->provides, &package->provide_count));
	TRY(get_lines(arena, query, 15, &package->conflicts, &package->conflict_count));
	TRY(get_lines(arena, query, 16, &package->replaces, &package->replace_count));
	TRY(get_number(query, 17, &package->files_size));
	TRY(get_number(query, 18, &is_plain));
	TRY(db_get_digest(query, 19, &package->list));
	TRY(db_get_bytes(arena, query, 20, &texts, &texts_size));
	if (texts_size % sizeof *package->texts != 0)
		return err_set(
			ERR_FORMAT, "%s: damaged row (run 'weld repair')", package->name);
	package->texts = texts;
	package->text_count = texts_size / sizeof *package->texts;
	package->is_manual = is_manual != 0;
	package->is_held = is_held != 0;
	package->is_plain = is_plain != 0;
	return 0;
}

static int
read_packages(struct arena *arena, const struct store *store, struct generation *ret_generation)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct generation_package) packages = { 0 };
	int row;

	TRY(db_prepare(
		store->db, "SELECT name, " COLUMNS " FROM installed ORDER BY name", &query));
	while ((row = db_step(query)) > 0) {
		struct generation_package package = { 0 };

		TRY(read_row(arena, query, &package));
		vec_push(arena, &packages, package);
	}
	TRY(row);
	ret_generation->packages = packages.at;
	ret_generation->package_count = packages.len;
	return 0;
}

static int
find_parts(struct arena *arena, const struct store *store, const char *table,
	struct db_query **ret_query)
{
	return db_prepare(store->db,
		arena_printf(arena, "SELECT text FROM %s ORDER BY position", table), ret_query);
}

static int
get_part(struct arena *arena, struct db_query *query, struct str *ret_text)
{
	void *bytes;

	TRY(db_get_bytes(arena, query, 0, &bytes, &ret_text->len));
	ret_text->at = bytes;
	return 0;
}

static int
read_images(struct arena *arena, const struct store *store, struct generation *ret_generation)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct generation_image) images = { 0 };
	int row;

	TRY(find_parts(arena, store, "installed_image", &query));
	while ((row = db_step(query)) > 0) {
		struct generation_image image;
		struct str text;

		TRY(get_part(arena, query, &text));
		TRY(generation_read_image(arena, text, &image));
		vec_push(arena, &images, image);
	}
	TRY(row);
	ret_generation->images = images.at;
	ret_generation->image_count = images.len;
	return 0;
}

static int
read_decisions(
	struct arena *arena, const struct store *store, struct generation *ret_generation)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct generation_decision) decisions = { 0 };
	int row;

	TRY(find_parts(arena, store, "installed_decision", &query));
	while ((row = db_step(query)) > 0) {
		struct generation_decision decision;
		struct str text;

		TRY(get_part(arena, query, &text));
		TRY(generation_read_decision(arena, text, &decision));
		vec_push(arena, &decisions, decision);
	}
	TRY(row);
	ret_generation->decisions = decisions.at;
	ret_generation->decision_count = decisions.len;
	return 0;
}

static int
read_outputs(struct arena *arena, const struct store *store, struct generation *ret_generation)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct generation_output) outputs = { 0 };
	int row;

	TRY(find_parts(arena, store, "installed_output", &query));
	while ((row = db_step(query)) > 0) {
		struct generation_output output;
		struct str text;

		TRY(get_part(arena, query, &text));
		TRY(generation_read_output(arena, text, &output));
		vec_push(arena, &outputs, output);
	}
	TRY(row);
	ret_generation->outputs = outputs.at;
	ret_generation->output_count = outputs.len;
	return 0;
}

/* The generation's own row, where what is installed is of it; returns 1 then. */
static int
read_generation(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(store->db,
		"SELECT parent, time, command FROM installed_of"
		" JOIN generation ON number = generation WHERE number = ?1",
		&query));
	db_bind_integer(query, 1, (int64_t)number);
	row = db_step(query);
	if (row <= 0)
		return row;
	ret_generation->number = number;
	TRY(get_number(query, 0, &ret_generation->parent));
	TRY(get_number(query, 1, &ret_generation->time));
	TRY(get_text(arena, query, 2, &ret_generation->command));
	return 1;
}

static int
read_all(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation)
{
	int ret = read_generation(arena, store, number, ret_generation);

	if (ret <= 0)
		return ret;
	TRY(read_packages(arena, store, ret_generation));
	TRY(read_images(arena, store, ret_generation));
	TRY(read_decisions(arena, store, ret_generation));
	TRY(read_outputs(arena, store, ret_generation));
	return 1;
}

int
database_read_installed(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation)
{
	struct generation generation = { 0 };
	int ret;

	/* One transaction: no switch comes between the questions. */
	TRY(db_run(store->db, "BEGIN"));
	ret = read_all(arena, store, number, &generation);
	db_rollback(store->db);
	if (ret > 0)
		*ret_generation = generation;
	return ret;
}
