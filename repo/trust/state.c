/* SPDX-License-Identifier: MIT */
/*
 * The trust database. (S1) A stored version never goes down: the database
 * itself refuses, whatever the code above does. Only removing a repository,
 * or a new root that changes the keys of a role, drops what was stored.
 * (S2) A repository's time never goes back either: expiry is judged by the clock, but by no
 * time before that of the repository's last update and what passed since then.
 */
#include "repo/trust/state.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/relation.h"
#include "repo/trust/offers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 2048 /* bytes */

static const char *const steps[] = {
	"CREATE TABLE repository ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL,"
	" enabled INTEGER NOT NULL, priority INTEGER NOT NULL, updated INTEGER NOT NULL);"
	"CREATE TABLE document ("
	" repository INTEGER NOT NULL REFERENCES repository(id) ON DELETE CASCADE,"
	" role INTEGER NOT NULL, version INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" bytes BLOB NOT NULL, PRIMARY KEY (repository, role));"
	"CREATE TABLE catalogue ("
	" repository INTEGER PRIMARY KEY REFERENCES repository(id) ON DELETE CASCADE,"
	" packages INTEGER NOT NULL, bytes BLOB NOT NULL);"
	"CREATE TRIGGER only_forward BEFORE UPDATE ON document"
	" WHEN NEW.version < OLD.version"
	" BEGIN SELECT RAISE(ABORT, 'trust state never moves back'); END;",
	"CREATE TABLE builder ("
	" repository INTEGER NOT NULL REFERENCES repository(id) ON DELETE CASCADE,"
	" name TEXT NOT NULL, key BLOB NOT NULL, version INTEGER NOT NULL,"
	" expires INTEGER NOT NULL, PRIMARY KEY (repository, name));"
	"CREATE TABLE objects ("
	" repository INTEGER NOT NULL REFERENCES repository(id) ON DELETE CASCADE,"
	" builder TEXT NOT NULL, level TEXT NOT NULL, digest BLOB NOT NULL,"
	" bytes BLOB NOT NULL, PRIMARY KEY (repository, builder, level));"
	"CREATE TRIGGER builder_only_forward BEFORE UPDATE ON builder"
	" WHEN NEW.version < OLD.version AND NEW.key = OLD.key"
	" BEGIN SELECT RAISE(ABORT, 'trust state never moves back'); END;",
	/* offers.c; what an index of before says is taken over from `bytes`, which then is empty. */
	"CREATE TABLE offer ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" repository INTEGER NOT NULL REFERENCES repository(id) ON DELETE CASCADE,"
	" name TEXT NOT NULL, version TEXT NOT NULL, release INTEGER NOT NULL,"
	" summary TEXT NOT NULL, licence TEXT NOT NULL, homepage TEXT NOT NULL,"
	" kind INTEGER NOT NULL, requires TEXT NOT NULL, provides TEXT NOT NULL,"
	" conflicts TEXT NOT NULL, replaces TEXT NOT NULL, architectures TEXT NOT NULL,"
	" installed_size INTEGER NOT NULL, download_size INTEGER NOT NULL,"
	" sha256 BLOB NOT NULL);"
	"CREATE INDEX offer_name ON offer (name, repository);"
	"CREATE TABLE content (offer INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
	"CREATE TABLE word ("
	" repository INTEGER NOT NULL, hash INTEGER NOT NULL, offer INTEGER NOT NULL,"
	" PRIMARY KEY (repository, hash, offer)) WITHOUT ROWID;",
	/* clock.h */
	("ALTER TABLE repository ADD COLUMN boot TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE repository ADD COLUMN up INTEGER NOT NULL DEFAULT 0;"),
};

static const struct db_schema schema = {
	.steps = steps,
	.step_count = sizeof steps / sizeof *steps,
	.application_id = 0x77656c74, /* "welt" */
	.remedy = "remove the file and run 'weld repo add' again",
};

void
state_now(const struct trust_options *options, struct clock_mark *ret_now)
{
	clock_read(ret_now);
	if (options != NULL && options->now != 0)
		ret_now->time = options->now;
}

int64_t
trust_clock_lag(const struct trust_repo *repo, const struct trust_options *options)
{
	struct clock_mark now;

	state_now(options, &now);
	return repo->earliest > now.time ? repo->earliest - now.time : 0;
}

int
state_check_expiry(const struct state_repo *repo, const struct clock_mark *now, int64_t expires,
	const char *remedy)
{
	int64_t earliest = clock_earliest(&repo->updated, now);
	char expired[TUF_TIME_SIZE];
	char least[TUF_TIME_SIZE];

	tuf_format_time(expires, expired);
	if (expires <= now->time)
		return err_set(ERR_EXPIRED, "expired at %s%s", expired, remedy);
	if (expires > earliest) /* (S2) */
		return 0;
	return err_set(ERR_EXPIRED,
		"expired at %s, and the last update says that it is %s by now, which this "
		"machine's clock is behind (set the clock; if it was ahead at that update, run "
		"'weld repo remove %s' and 'weld repo add')",
		expired, tuf_format_time(earliest, least), repo->name);
}

int
trust_open(const char *path, struct trust **ret_trust)
{
	struct trust *trust = calloc(1, sizeof *trust);
	int ret;

	if (trust == NULL)
		abort();
	ret = db_open(path, &schema, 0, &trust->db);
	if (ret < 0) {
		free(trust);
		return ret;
	}
	ret = offers_adopt(trust);
	if (ret < 0) {
		trust_close(&trust);
		return ret;
	}
	*ret_trust = trust;
	return 0;
}

void
trust_close(struct trust **trust)
{
	if (*trust == NULL)
		return;
	db_close(&(*trust)->db);
	free(*trust);
	*trust = NULL;
}

/* A mark, from three columns. */
static int
read_mark(struct arena *arena, struct db_query *query, int column, struct clock_mark *ret_mark)
{
	struct clock_mark mark = { 0 };
	char *boot = NULL;

	TRY(db_get_integer(query, column, &mark.time));
	TRY(db_get_text(arena, query, column + 1, &boot));
	TRY(db_get_integer(query, column + 2, &mark.up));
	snprintf(mark.boot, sizeof mark.boot, "%s", boot);
	*ret_mark = mark;
	return 0;
}

int
state_find(
	struct arena *arena, struct trust *trust, const char *name, struct state_repo *ret_repo)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	char *url = NULL;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT id, url, updated, boot, up FROM repository WHERE name = ?1", &query));
	db_bind_text(query, 1, name);
	ret = db_step(query);
	TRY(ret);
	if (ret == 0)
		return err_set(ERR_NOT_FOUND,
			"repository %.64s: not known (run 'weld repo list' or 'weld repo add')",
			name);
	TRY(db_get_integer(query, 0, &ret_repo->id));
	TRY(db_get_text(arena, query, 1, &url));
	TRY(read_mark(arena, query, 2, &ret_repo->updated));
	ret_repo->name = arena_string(arena, name);
	ret_repo->url = url;
	return 0;
}

int
state_load(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	enum tuf_role role, struct str *ret_bytes)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	void *bytes = NULL;
	size_t length = 0;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT bytes FROM document WHERE repository = ?1 AND role = ?2", &query));
	db_bind_integer(query, 1, repo->id);
	db_bind_integer(query, 2, role);
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_bytes(arena, query, 0, &bytes, &length));
	*ret_bytes = (struct str){ .at = bytes, .len = length };
	return 1;
}

int
state_store(struct trust *trust, const struct state_repo *repo,
	const struct tuf_document *document, struct str bytes)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	struct db_query *stored AUTO(db_query_free) = NULL;
	int64_t version = 0;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT version FROM document WHERE repository = ?1 AND role = ?2", &stored));
	db_bind_integer(stored, 1, repo->id);
	db_bind_integer(stored, 2, document->role);
	ret = db_step(stored);
	TRY(ret);
	if (ret > 0)
		TRY(db_get_integer(stored, 0, &version));
	if ((uint64_t)version > document->version) /* (S1) */
		return err_set(ERR_ROLLBACK,
			"repository %s: %s version %" PRIu64 " is older than version %" PRId64
			", which another process has stored",
			repo->name, tuf_role_names[document->role], document->version, version);
	TRY(db_prepare(trust->db,
		"INSERT INTO document (repository, role, version, expires, bytes)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (repository, role) DO UPDATE"
		" SET version = ?3, expires = ?4, bytes = ?5",
		&query));
	db_bind_integer(query, 1, repo->id);
	db_bind_integer(query, 2, document->role);
	db_bind_integer(query, 3, (int64_t)document->version);
	db_bind_integer(query, 4, document->expires);
	db_bind_bytes(query, 5, bytes.at, bytes.len);
	return db_finish(query);
}

int
state_drop(struct trust *trust, const struct state_repo *repo, enum tuf_role role)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(
		trust->db, "DELETE FROM document WHERE repository = ?1 AND role = ?2", &query));
	db_bind_integer(query, 1, repo->id);
	db_bind_integer(query, 2, role);
	return db_finish(query);
}

int
state_touch(struct trust *trust, const struct state_repo *repo, const struct clock_mark *now)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int64_t earliest = clock_earliest(&repo->updated, now);

	TRY(db_prepare(trust->db,
		"UPDATE repository SET updated = ?2, boot = ?3, up = ?4 WHERE id = ?1",
		&query));
	db_bind_integer(query, 1, repo->id);
	db_bind_integer(query, 2, now->time > earliest ? now->time : earliest); /* (S2) */
	db_bind_text(query, 3, now->boot);
	db_bind_integer(query, 4, now->up);
	return db_finish(query);
}

/* Copy a URL without slashes at its end, or refuse it. */
static int
check_url(struct arena *arena, const char *url, char **ret_url)
{
	size_t length = strlen(url);

	if (strncasecmp(url, "file:///", 8) != 0 && strncasecmp(url, "http://", 7) != 0 &&
		strncasecmp(url, "https://", 8) != 0)
		return err_set(ERR_FORMAT,
			"\"%.200s\": not a URL of a repository (file:///..., http://... or "
			"https://...)",
			url);
	if (length > URL_MAX)
		return err_set(ERR_FORMAT, "URL longer than %d bytes", URL_MAX);
	for (const char *c = url; *c != '\0'; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '?' ||
			*c == '#' || *c == '"' || *c == '\\')
			return err_set(ERR_FORMAT,
				"URL: the character at %zu does not belong there",
				(size_t)(c - url));
	while (length > 8 && url[length - 1] == '/')
		length--;
	*ret_url = arena_copy(arena, url, length);
	return 0;
}

static int
insert_repo(struct trust *trust, const char *name, const char *url, struct state_repo *ret_repo)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int ret;

	TRY(db_prepare(trust->db,
		"INSERT INTO repository (name, url, enabled, priority, updated)"
		" VALUES (?1, ?2, 1, 0, 0)",
		&query));
	db_bind_text(query, 1, name);
	db_bind_text(query, 2, url);
	ret = db_finish(query);
	if (ret == ERR_EXISTS)
		return err_set(ERR_EXISTS,
			"repository %s: exists (run 'weld repo remove %s' first)", name, name);
	TRY(ret);
	*ret_repo =
		(struct state_repo){ .id = db_last_id(trust->db), .name = name, .url = url };
	return 0;
}

int
trust_add(struct trust *trust, const char *name, const char *url, struct str root_metadata)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct tuf_root root;
	struct state_repo repo = { 0 };
	char *clean_url = NULL;
	int ret;

	if (!relation_is_name(name))
		return err_set(ERR_FORMAT,
			"repository \"%.100s\": not a name (a-z 0-9 + . _ -)", name);
	TRY(check_url(arena, url, &clean_url));
	if (root_metadata.len > TUF_ROOT_MAX)
		return err_set(ERR_LIMIT, "repository %s: root metadata too long", name);
	TRY(err_context(tuf_open_root(arena, root_metadata, &document, &root),
		"repository %s: root metadata", name));
	TRY(db_begin(trust->db));
	ret = insert_repo(trust, name, clean_url, &repo);
	if (ret >= 0)
		ret = state_store(trust, &repo, &document, root_metadata);
	if (ret >= 0)
		ret = db_commit(trust->db);
	if (ret < 0)
		db_rollback(trust->db);
	return ret;
}

/* Run a statement with the repository's id as ?1 and a value as ?2. */
static int
change_repo(struct trust *trust, const char *name, const char *sql, int64_t value)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	struct state_repo repo = { 0 };

	TRY(state_find(arena, trust, name, &repo));
	TRY(db_prepare(trust->db, sql, &query));
	db_bind_integer(query, 1, repo.id);
	db_bind_integer(query, 2, value);
	return db_finish(query);
}

int
trust_remove(struct trust *trust, const char *name)
{
	static const char *const sql[] = {
		("DELETE FROM content WHERE ?2 = 0 AND"
		 " offer IN (SELECT id FROM offer WHERE repository = ?1)"),
		"DELETE FROM word WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM offer WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM document WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM catalogue WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM builder WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM objects WHERE repository = ?1 AND ?2 = 0",
		"DELETE FROM repository WHERE id = ?1 AND ?2 = 0",
	};
	int ret = 0;

	TRY(db_begin(trust->db));
	for (size_t i = 0; i < sizeof sql / sizeof *sql && ret >= 0; i++)
		ret = change_repo(trust, name, sql[i], 0);
	if (ret >= 0)
		ret = db_commit(trust->db);
	if (ret < 0)
		db_rollback(trust->db);
	return ret;
}

int
trust_set_enabled(struct trust *trust, const char *name, bool is_enabled)
{
	return change_repo(trust, name, "UPDATE repository SET enabled = ?2 WHERE id = ?1",
		is_enabled ? 1 : 0);
}

int
trust_set_priority(struct trust *trust, const char *name, int priority)
{
	return change_repo(
		trust, name, "UPDATE repository SET priority = ?2 WHERE id = ?1", priority);
}

static int
read_row(struct arena *arena, struct db_query *query, const struct clock_mark *now,
	struct trust_repo *repo)
{
	char *name = NULL;
	char *url = NULL;
	struct clock_mark updated;
	int64_t numbers[6] = { 0 };

	TRY(db_get_text(arena, query, 0, &name));
	TRY(db_get_text(arena, query, 1, &url));
	for (int i = 0; i < 6; i++)
		TRY(db_get_integer(query, i + 2, &numbers[i]));
	TRY(read_mark(arena, query, 8, &updated));
	*repo = (struct trust_repo){
		.name = name,
		.url = url,
		.is_enabled = numbers[0] != 0,
		.priority = (int)numbers[1],
		.root_version = (uint64_t)numbers[2],
		.version = (uint64_t)numbers[3],
		.expires = numbers[4],
		.package_count = (size_t)numbers[5],
		.updated = updated.time,
		.earliest = clock_earliest(&updated, now),
	};
	return 0;
}

int
trust_list(struct arena *arena, struct trust *trust, struct trust_repo **ret_repos,
	size_t *ret_count)
{
	VEC(struct trust_repo) repos = { 0 };
	struct db_query *query AUTO(db_query_free) = NULL;
	struct clock_mark now;
	int ret;

	clock_read(&now);
	/* Roles 0 and 3 are TUF_ROOT and TUF_TIMESTAMP. */
	TRY(db_prepare(trust->db,
		"SELECT name, url, enabled, priority, root.version,"
		" coalesce(stamp.version, 0), coalesce(stamp.expires, 0),"
		" coalesce(packages, 0), updated, boot, up FROM repository"
		" JOIN document AS root ON root.repository = id AND root.role = 0"
		" LEFT JOIN document AS stamp ON stamp.repository = id AND stamp.role = 3"
		" LEFT JOIN catalogue ON catalogue.repository = id"
		" ORDER BY priority DESC, name",
		&query));
	while ((ret = db_step(query)) > 0) {
		struct trust_repo repo;

		TRY(read_row(arena, query, &now, &repo));
		vec_push(arena, &repos, repo);
	}
	TRY(ret);
	*ret_repos = repos.at;
	*ret_count = repos.len;
	return 0;
}
