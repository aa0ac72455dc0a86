/* SPDX-License-Identifier: MIT */
/*
 * The schema, and the statements that change it.
 *
 *     generation  one row a generation
 *     package     one row a package for as long as generations in a row have it, from `first` to `last`
 *                 (package.c)
 *     content     one row a path of a package file: shared by its generations
 *     image       one row an image of a generation, is_slot is 2 of a plug-in; slots and
 *                 plug-ins are the reserved ranges
 *     installed   what is in the current generation: one row a package, image, decision or output;
 *                 installed_of says which generation that is (installed.c)
 *     place       what stands where in its tree (places.c)
 *     output      one row a file that was made; trigger is what for: a trigger's or service's name
 *     event       the history; a pending row is one whose end was not recorded
 */
#include "store/database/database.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <unistd.h>

#define DATABASE_ID 0x776c6401 /* "wld", 1 */

static const char *const steps[] = {
	"CREATE TABLE generation ("
	" number INTEGER PRIMARY KEY,"
	" parent INTEGER NOT NULL,"
	" time INTEGER NOT NULL,"
	" command TEXT NOT NULL,"
	" manifest BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE package ("
	" generation INTEGER NOT NULL REFERENCES generation ON DELETE CASCADE,"
	" name TEXT NOT NULL,"
	" label TEXT NOT NULL,"
	" digest BLOB NOT NULL,"
	" PRIMARY KEY (generation, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX package_digest ON package (digest);"
	"CREATE TABLE content ("
	" digest BLOB NOT NULL,"
	" path TEXT NOT NULL,"
	" PRIMARY KEY (digest, path)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX content_path ON content (path);"
	"CREATE TABLE image ("
	" generation INTEGER NOT NULL REFERENCES generation ON DELETE CASCADE,"
	" is_slot INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" package TEXT NOT NULL,"
	" key BLOB NOT NULL,"
	" digest BLOB NOT NULL,"
	" layout BLOB NOT NULL,"
	" base INTEGER NOT NULL,"
	" size INTEGER NOT NULL,"
	" store_name TEXT NOT NULL,"
	" store_file TEXT NOT NULL,"
	" PRIMARY KEY (generation, is_slot, name)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" time INTEGER NOT NULL,"
	" command TEXT NOT NULL,"
	" before INTEGER NOT NULL,"
	" after INTEGER NOT NULL,"
	" is_new INTEGER NOT NULL,"
	" result INTEGER NOT NULL"
	") STRICT",
	/* A copy of manifest.json, for when the file is damaged. */
	"ALTER TABLE generation ADD COLUMN text BLOB",
	/* The range of a slot's thread-local variables. */
	"ALTER TABLE image ADD COLUMN tls_start INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE image ADD COLUMN tls_size INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE image ADD COLUMN tls_align INTEGER NOT NULL DEFAULT 0",
	/* How well, and by whom, an image's code was made. */
	"ALTER TABLE image ADD COLUMN tier TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE image ADD COLUMN builder TEXT NOT NULL DEFAULT '';"
	"UPDATE image SET (tier, builder) ="
	" (SELECT ifnull(max(json_extract(i.value, '$.tier')), ''),"
	" ifnull(max(json_extract(i.value, '$.builder')), '')"
	" FROM generation g, json_each(g.text, '$.images') i WHERE g.number = image.generation"
	" AND json_extract(i.value, '$.key') = lower(hex(image.key)))",
	/* A file of ROOT/state that becomes another text with the generation: '' is none. */
	("ALTER TABLE event ADD COLUMN state_path TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE event ADD COLUMN state_text TEXT NOT NULL DEFAULT ''"),
	/* installed.c */
	"CREATE TABLE installed_of (generation INTEGER NOT NULL) STRICT;"
	"CREATE TABLE installed ("
	" name TEXT PRIMARY KEY,"
	" hash BLOB NOT NULL,"
	" version TEXT NOT NULL,"
	" release INTEGER NOT NULL,"
	" summary TEXT NOT NULL,"
	" licence TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" repository TEXT NOT NULL,"
	" digest BLOB NOT NULL,"
	" manifest BLOB NOT NULL,"
	" store_name TEXT NOT NULL,"
	" is_manual INTEGER NOT NULL,"
	" is_held INTEGER NOT NULL,"
	" installed_at INTEGER NOT NULL,"
	" requires TEXT NOT NULL,"
	" provides TEXT NOT NULL,"
	" conflicts TEXT NOT NULL,"
	" replaces TEXT NOT NULL,"
	" files_size INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE installed_image ("
	" position INTEGER PRIMARY KEY,"
	" text BLOB NOT NULL"
	") STRICT",
	/* Files that were made of what packages declare. */
	"CREATE TABLE output ("
	" generation INTEGER NOT NULL REFERENCES generation ON DELETE CASCADE,"
	" path TEXT NOT NULL,"
	" package TEXT NOT NULL,"
	" trigger TEXT NOT NULL,"
	" PRIMARY KEY (generation, path)"
	") STRICT, WITHOUT ROWID",
	/* Lists of files; what the rows say until now has none, and is believed no more. */
	"DELETE FROM installed_of;"
	"DELETE FROM installed;"
	"ALTER TABLE installed ADD COLUMN is_plain INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE installed ADD COLUMN list BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE installed ADD COLUMN texts BLOB NOT NULL DEFAULT x'';"
	"CREATE TABLE installed_decision ("
	" position INTEGER PRIMARY KEY,"
	" text BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE installed_output ("
	" position INTEGER PRIMARY KEY,"
	" text BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE place ("
	" path TEXT NOT NULL,"
	" package TEXT NOT NULL,"
	" kind INTEGER NOT NULL,"
	" target TEXT,"
	" file_kind INTEGER NOT NULL,"
	" mode INTEGER NOT NULL,"
	" digest BLOB NOT NULL,"
	" is_made INTEGER NOT NULL,"
	" is_plugin INTEGER NOT NULL,"
	" PRIMARY KEY (path, package)"
	") STRICT, WITHOUT ROWID",
	/* A row for many generations. */
	"ALTER TABLE generation ADD COLUMN package_count INTEGER NOT NULL DEFAULT 0;"
	"UPDATE generation SET package_count ="
	" (SELECT count(*) FROM package WHERE generation = number);"
	"DROP INDEX package_digest;"
	"ALTER TABLE package RENAME TO package_each;"
	"CREATE TABLE package ("
	" name TEXT NOT NULL,"
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" label TEXT NOT NULL,"
	" digest BLOB NOT NULL,"
	" PRIMARY KEY (name, first)"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO package SELECT name, generation,"
	" iif(generation = (SELECT max(number) FROM generation), 9223372036854775807, "
	"generation),"
	" label, digest FROM package_each;"
	"DROP TABLE package_each;"
	"CREATE INDEX package_digest ON package (digest);"
	"CREATE INDEX package_label ON package (label);"
	"CREATE INDEX package_first ON package (first)",
};

static const struct db_schema schema = {
	.steps = steps,
	.step_count = sizeof steps / sizeof steps[0],
	.application_id = DATABASE_ID,
	.remedy = "run 'weld repair'",
};

int
database_open_path(
	const struct store *store, const char *path, bool can_write, struct db **ret_db)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	return db_open(
		store_path(arena, store, path), &schema, can_write ? 0 : DB_READ_ONLY, ret_db);
}

int
database_open(struct store *store, bool may_create)
{
	bool can_write = faccessat(store->dir, DATABASE_PATH, W_OK, 0) == 0 || may_create;

	if (!may_create && !file_exists(store->dir, DATABASE_PATH))
		return err_set(ERR_FORMAT,
			"%s/" DATABASE_PATH ": database is missing (run 'weld repair')",
			store->root);
	return database_open_path(store, DATABASE_PATH, can_write, &store->db);
}

static int
add_images(struct store *store, const struct generation *generation)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db,
		"INSERT INTO image VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16)",
		&add));
	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		db_bind_integer(add, 1, (int64_t)generation->number);
		db_bind_integer(add, 2, image->is_plugin ? DATABASE_PLUGIN : image->is_slot);
		db_bind_text(add, 3, image->name);
		db_bind_text(add, 4, image->package);
		db_bind_digest(add, 5, &image->key);
		db_bind_digest(add, 6, &image->digest);
		db_bind_digest(add, 7, &image->layout_id);
		db_bind_integer(add, 8, (int64_t)image->base);
		db_bind_integer(add, 9, (int64_t)image->size);
		db_bind_text(add, 10, image->store_name);
		db_bind_text(add, 11, image->store_file);
		db_bind_integer(add, 12, (int64_t)image->tls.start);
		db_bind_integer(add, 13, (int64_t)image->tls.size);
		db_bind_integer(add, 14, (int64_t)image->tls.align);
		db_bind_text(add, 15, image->tier == NULL ? "" : image->tier);
		db_bind_text(add, 16, image->builder == NULL ? "" : image->builder);
		TRY(db_finish(add));
	}
	return 0;
}

static int
add_outputs(struct store *store, const struct generation *generation)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	if (generation->output_count == 0)
		return 0;
	TRY(db_prepare(store->db, "INSERT INTO output VALUES (?1, ?2, ?3, ?4)", &add));
	for (size_t i = 0; i < generation->output_count; i++) {
		const struct generation_output *output = &generation->outputs[i];

		db_bind_integer(add, 1, (int64_t)generation->number);
		db_bind_text(add, 2, output->path);
		db_bind_text(add, 3, output->package);
		db_bind_text(
			add, 4, output->trigger != NULL ? output->trigger : output->service);
		TRY(db_finish(add));
	}
	return 0;
}

int
database_add_generation(struct store *store, const struct generation *generation,
	const struct digest *manifest, struct str text)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(db_prepare(
		store->db, "INSERT INTO generation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &add));
	db_bind_bytes(add, 6, text.at, text.len);
	db_bind_integer(add, 1, (int64_t)generation->number);
	db_bind_integer(add, 2, (int64_t)generation->parent);
	db_bind_integer(add, 3, (int64_t)generation->time);
	db_bind_text(add, 4, generation->command);
	db_bind_digest(add, 5, manifest);
	db_bind_integer(add, 7, (int64_t)generation->package_count);
	TRY(db_finish(add));
	TRY(database_add_packages(store, generation));
	TRY(add_images(store, generation));
	return add_outputs(store, generation);
}

int
database_remove_generation(struct store *store, uint64_t number)
{
	struct db_query *remove AUTO(db_query_free) = NULL;

	TRY(database_remove_packages(store, number));
	TRY(db_prepare(store->db, "DELETE FROM generation WHERE number = ?1", &remove));
	db_bind_integer(remove, 1, (int64_t)number);
	return db_finish(remove);
}

int
database_forget_generation(struct store *store, uint64_t number)
{
	int ret;

	TRY(db_begin(store->db));
	ret = database_remove_generation(store, number);
	if (ret < 0) {
		db_rollback(store->db);
		return ret;
	}
	return db_commit(store->db);
}

int
database_find_generation(const struct store *store, uint64_t number, bool *ret_is_known,
	struct digest *ret_manifest)
{
	struct db_query *find AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(store->db, "SELECT manifest FROM generation WHERE number = ?1", &find));
	db_bind_integer(find, 1, (int64_t)number);
	row = db_step(find);
	TRY(row);
	if (row > 0)
		TRY(db_get_digest(find, 0, ret_manifest));
	*ret_is_known = row > 0;
	return 0;
}

int
database_keep_texts(struct store *store, uint64_t number, struct str text, uint64_t before)
{
	struct db_query *drop AUTO(db_query_free) = NULL;
	struct db_query *keep AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db,
		"UPDATE generation SET text = NULL WHERE number NOT IN (?1, ?2)"
		" AND text NOT NULL",
		&drop));
	db_bind_integer(drop, 1, (int64_t)number);
	db_bind_integer(drop, 2, (int64_t)before);
	TRY(db_finish(drop));
	TRY(db_prepare(store->db,
		"UPDATE generation SET text = ?2 WHERE number = ?1 AND text IS NULL", &keep));
	db_bind_integer(keep, 1, (int64_t)number);
	db_bind_bytes(keep, 2, text.at, text.len);
	return db_finish(keep);
}

int
database_find_text(
	struct arena *arena, const struct store *store, uint64_t number, struct str *ret_text)
{
	struct db_query *find AUTO(db_query_free) = NULL;
	void *bytes;
	int row;

	TRY(db_prepare(store->db,
		"SELECT text FROM generation WHERE number = ?1 AND text NOT NULL", &find));
	db_bind_integer(find, 1, (int64_t)number);
	row = db_step(find);
	TRY(row);
	if (row == 0)
		return err_set(ERR_NOT_FOUND, "generation %" PRIu64 ": no copy", number);
	TRY(db_get_bytes(arena, find, 0, &bytes, &ret_text->len));
	ret_text->at = bytes;
	return 0;
}

int
database_add_event(struct store *store, const struct query_event *event, bool is_new,
	const struct generation_state_file *file, uint64_t *ret_id)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db,
		"INSERT INTO event (time, command, before, after, is_new, result, state_path,"
		" state_text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		&add));
	db_bind_integer(add, 1, (int64_t)event->time);
	db_bind_text(add, 2, event->command);
	db_bind_integer(add, 3, (int64_t)event->before);
	db_bind_integer(add, 4, (int64_t)event->after);
	db_bind_integer(add, 5, is_new);
	db_bind_integer(add, 6, event->result);
	db_bind_text(add, 7, file == NULL ? "" : file->path);
	db_bind_text(add, 8, file == NULL ? "" : str_copy(arena, file->text));
	TRY(db_finish(add));
	*ret_id = (uint64_t)db_last_id(store->db);
	return 0;
}

int
database_find_state_file(struct arena *arena, const struct store *store, uint64_t after,
	const char *path, struct str *ret_text)
{
	struct db_query *find AUTO(db_query_free) = NULL;
	char *text;
	int row;

	/* Whoever takes the lock ends what is pending, so that at most the last event is. */
	TRY(db_prepare(store->db,
		"SELECT state_text FROM (SELECT * FROM event ORDER BY id DESC LIMIT 1)"
		" WHERE result = 0 AND after = ?1 AND state_path = ?2",
		&find));
	db_bind_integer(find, 1, (int64_t)after);
	db_bind_text(find, 2, path);
	row = db_step(find);
	TRY(row);
	if (row == 0)
		return err_set(ERR_NOT_FOUND, "%s: nothing is pending", path);
	TRY(db_get_text(arena, find, 0, &text));
	*ret_text = str_from(text);
	return 0;
}

int
database_end_event(struct store *store, uint64_t id, enum query_result result)
{
	struct db_query *update AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db, "UPDATE event SET result = ?2 WHERE id = ?1", &update));
	db_bind_integer(update, 1, (int64_t)id);
	db_bind_integer(update, 2, result);
	return db_finish(update);
}

int
database_last_number(const struct store *store, uint64_t *ret_number)
{
	struct db_query *find AUTO(db_query_free) = NULL;
	int64_t number = 0;

	TRY(db_prepare(store->db,
		"SELECT max(coalesce((SELECT max(number) FROM generation), 0),"
		" coalesce((SELECT max(after) FROM event), 0))",
		&find));
	TRY(db_step(find));
	TRY(db_get_integer(find, 0, &number));
	*ret_number = (uint64_t)number;
	return 0;
}
