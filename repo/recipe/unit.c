/* SPDX-License-Identifier: MIT */
/* `weld-ir pack` does the work; its JSON becomes the manifest's description. */
#include "repo/recipe/unit.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

#include <string.h>

bool
unit_is_code(struct str contents)
{
	static const struct {
		const char *bytes;
		size_t len;
	} magics[] = { { "\177ELF", 4 }, { "!<arch>\n", 8 }, { "!<thin>\n", 8 },
		{ "BC\300\336", 4 } };

	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (contents.len >= magics[i].len &&
			memcmp(contents.at, magics[i].bytes, magics[i].len) == 0)
			return true;
	return false;
}

int
unit_keep_object(const struct job *job, const char *file, struct digest *ret_digest)
{
	int fd AUTO(file_close) = -1;
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;

	TRY(file_open(AT_FDCWD, file, &fd));
	TRY(hash_file(fd, &digest));
	TRY(file_rename(AT_FDCWD, file, AT_FDCWD,
		arena_printf(job->arena, "%s/%s", job_path(job, "objects"),
			digest_hex(&digest, hex))));
	*ret_digest = digest;
	return 0;
}

static int
read_export(struct arena *arena, const json_t *object, struct manifest_export *ret_export)
{
	const char *name;
	const char *kind;
	const char *type;
	int64_t size = 0;
	bool is_weak = false;

	TRY(json_get_string(object, "name", &name));
	TRY(json_get_string(object, "kind", &kind));
	TRY(json_get_string_or(object, "type", "", &type));
	if (json_object_get(object, "size") != NULL)
		TRY(json_get_integer(object, "size", &size));
	if (json_object_get(object, "weak") != NULL)
		TRY(json_get_bool(object, "weak", &is_weak));
	*ret_export = (struct manifest_export){
		.name = arena_string(arena, name),
		.type = arena_string(arena, type),
		.is_function = strcmp(kind, "function") == 0,
		.is_weak = is_weak,
		.size = (uint64_t)size,
	};
	return 0;
}

static int
get_list(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	return json_get_strings(arena, object, key, &ret_list->at, &ret_list->len);
}

static int
read_description(struct arena *arena, const json_t *object, struct manifest_library *unit)
{
	json_t *exports = json_object_get(object, "exports");
	int64_t tls_size = 0;
	size_t i;
	json_t *value;

	TRY(get_list(arena, object, "imports", &unit->imports));
	TRY(get_list(arena, object, "undefined", &unit->undefined));
	TRY(get_list(arena, object, "weak_undefined", &unit->weak_undefined));
	TRY(get_list(arena, object, "own_uses", &unit->own_uses));
	unit->has_own_uses = true;
	TRY(get_list(arena, object, "constructors", &unit->constructors));
	TRY(get_list(arena, object, "destructors", &unit->destructors));
	TRY(get_list(arena, object, "tls_exports", &unit->tls_exports));
	if (json_object_get(object, "tls_size") != NULL)
		TRY(json_get_integer(object, "tls_size", &tls_size));
	unit->tls_size = (uint64_t)tls_size;
	unit->export_count = json_array_size(exports);
	unit->exports = arena_array(arena, unit->export_count + 1, sizeof *unit->exports);
	json_array_foreach(exports, i, value) TRY(read_export(arena, value, &unit->exports[i]));
	return 0;
}

/* Run weld-ir; what it says on standard error is the message of a failure. */
static int
run_ir(const struct job *job, const char *const *argv, int out)
{
	int err AUTO(file_close) = -1;
	struct process process = { .argv = argv, .stdout_fd = out };
	struct str complaint;
	int status;

	TRY(file_memory("complaint", &err));
	process.stderr_fd = err;
	TRY(process_run(&process, &status));
	TRY(file_read_fd(job->arena, err, (size_t)16 << 20, &complaint));
	while (complaint.len > 0 && complaint.at[complaint.len - 1] == '\n')
		complaint.len--;
	if (status != 0)
		return err_set(ERR_BUILD, "weld-ir %s: " STR_FMT, argv[1], STR_ARG(complaint));
	return 0;
}

static int
run_pack(const struct job *job, const char *file, const char *output, const char *native,
	struct str *ret_answer)
{
	const char *const argv[] = { job->tools->ir, "pack", file, "-o", output, "--native",
		native, job->is_debug ? "--debug" : NULL, "yes", NULL };
	int out AUTO(file_close) = -1;

	TRY(file_memory("answer", &out));
	TRY(run_ir(job, argv, out));
	return file_read_fd(job->arena, out, (size_t)256 << 20, ret_answer);
}

int
unit_check_native(const struct job *job, const char *name, const struct digest *unit,
	const struct digest *native)
{
	char hex[DIGEST_HEX_SIZE];
	const char *objects = job_path(job, "objects");
	const char *const argv[] = { job->tools->ir, "verify",
		arena_printf(job->arena, "%s/%s", objects, digest_hex(unit, hex)), "--native",
		arena_printf(job->arena, "%s/%s", objects, digest_hex(native, hex)), NULL };

	return err_context(run_ir(job, argv, 0), "%s", name);
}

/* Machine code that the file carries beside its IR. */
static int
keep_native(const struct job *job, const char *file, const json_t *object, struct entry *entry)
{
	const char *arch;

	if (json_object_get(object, "native") == NULL)
		return 0;
	TRY(err_context(
		json_get_string(object, "native", &arch), "%s: weld-ir pack", entry->path));
	entry->native_arch = arena_string(job->arena, arch);
	return unit_keep_object(job, file, &entry->native);
}

int
unit_pack(const struct job *job, const char *file, struct entry *entry)
{
	const char *output = arena_printf(job->arena, "%s/unit", job->top);
	const char *native = arena_printf(job->arena, "%s/native", job->top);
	json_t *object AUTO(json_release) = NULL;
	struct str answer;
	const char *kind;

	TRY(err_context(run_pack(job, file, output, native, &answer), "%s", entry->path));
	TRY(err_context(json_read(answer, &object), "%s: weld-ir pack", entry->path));
	TRY(err_context(
		json_get_string(object, "kind", &kind), "%s: weld-ir pack", entry->path));
	if (strcmp(kind, "none") == 0)
		return err_set(ERR_BUILD,
			"%s: holds machine code without IR (was it made without $CC and $AR?)",
			entry->path);
	entry->kind = strcmp(kind, "program") == 0 ? ENTRY_PROGRAM : ENTRY_LIBRARY;
	TRY(err_context(read_description(job->arena, object, &entry->unit), "%s: weld-ir pack",
		entry->path));
	if (job->is_debug && json_object_get(object, "sources") != NULL)
		TRY(get_list(job->arena, object, "sources", &entry->sources));
	TRY(keep_native(job, native, object, entry));
	TRY(unit_keep_object(job, output, &entry->object));
	entry->unit.code.unit = entry->object;
	return 0;
}
