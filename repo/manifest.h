/* SPDX-License-Identifier: MIT */
/*
 * manifest: what a package says of itself.
 *
 * Reading is strict: what manifest_read() gives has valid names, canonical
 * paths that stay below the prefix and do not collide, and a list of objects
 * that is exactly what units and files refer to. DESIGN.md, "Package".
 */
#ifndef REPO_MANIFEST_H
#define REPO_MANIFEST_H

#include "base/hash.h"
#include "base/str.h"
#include "repo/declared.h"
#include "repo/manifest_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define MANIFEST_FORMAT 1
#define MANIFEST_SIZE_MAX (UINT64_C(64) << 20) /* bytes, as JSON */
#define MANIFEST_OBJECT_MAX (UINT64_C(4) << 30) /* bytes, of one object */
#define MANIFEST_TOTAL_MAX (UINT64_C(64) << 30) /* bytes, of all objects */

enum manifest_kind {
	MANIFEST_IR, /* has units */
	MANIFEST_NATIVE, /* machine code of one architecture, among its files */
	MANIFEST_FILES, /* neither */
};

enum manifest_check_level {
	MANIFEST_CHECK_NONE,
	MANIFEST_CHECK_QUICK,
	MANIFEST_CHECK_FULL,
};

enum manifest_sharing {
	MANIFEST_SHARING_AUTO,
	MANIFEST_SHARING_ALWAYS,
	MANIFEST_SHARING_PRIVATE,
};

enum manifest_file_kind {
	MANIFEST_FILE_REGULAR,
	MANIFEST_FILE_LINK,
	MANIFEST_FILE_DIRECTORY,
};

struct manifest_source_file {
	const char *name;
	struct digest sha256;
	uint64_t size; /* bytes */
};

struct manifest_export {
	const char *name; /* of the symbol */
	bool is_function;
	bool is_weak;
	uint64_t size; /* bytes, of data; 0 for a function */
	const char *type; /* the IR type, as text */
};

struct manifest_native { /* a native object, or a unit for one architecture */
	const char *arch; /* "x86_64" */
	struct digest object;
};

struct manifest_code { /* of a library, program or plug-in */
	struct digest unit;
	struct manifest_native *natives; /* sorted by architecture */
	size_t native_count;
	struct manifest_native *units; /* in place of `unit` on these, sorted likewise */
	size_t unit_count;
};

struct manifest_library {
	const char *name; /* as in -lNAME: "z" */
	struct manifest_code code;
	struct manifest_list imports; /* library names, in link order */
	struct manifest_export *exports;
	size_t export_count;
	struct manifest_list undefined;
	struct manifest_list weak_undefined; /* used when somebody defines them */
	bool has_own_uses; /* older packages do not say */
	struct manifest_list own_uses; /* exports that the library itself refers to by name */
	struct manifest_list constructors;
	struct manifest_list destructors;
	uint64_t tls_size; /* bytes */
	struct manifest_list tls_exports;
	enum manifest_sharing sharing;
};

struct manifest_program { /* or a plug-in, which a program opens while it runs */
	const char *path; /* below the prefix: "bin/jq" */
	struct manifest_code code;
	struct manifest_list imports;
	struct manifest_list exports; /* symbols that it defines and does not hide */
	struct manifest_list undefined; /* symbols that its imports must define */
	struct manifest_list weak_undefined; /* used when somebody defines them */
	struct manifest_list constructors;
	struct manifest_list destructors;
	uint64_t tls_size; /* bytes */
	struct manifest_list loads; /* of a program: interfaces whose plug-ins it opens */
	struct manifest_list plugin_for; /* of a plug-in: interfaces, one at least */
};

struct manifest_file {
	enum manifest_file_kind kind;
	const char *path; /* below the prefix, canonical */
	unsigned mode; /* 0 to 0777, of a regular file or directory */
	uint64_t size; /* bytes, of a regular file */
	struct digest sha256; /* of a regular file */
	bool is_config; /* belongs to the user once installed */
	bool has_prefix; /* a text file with the placeholder path in it */
	const char *target; /* of a link: relative, stays below the prefix */
};

struct manifest_object {
	struct digest sha256;
	uint64_t size; /* bytes */
	bool is_executable; /* some file with these contents has mode 0100 */
};

struct manifest {
	const char *name;
	const char *version;
	uint64_t release; /* 1 to 999999 */
	const char *summary; /* one line */
	const char *licence; /* an SPDX expression */
	const char *homepage; /* a URL or "" */
	enum manifest_kind kind;
	const char *source_name;
	const char *source_version;
	struct manifest_source_file *source_files;
	size_t source_file_count;
	struct digest recipe; /* of the recipe folder */
	const char *producer; /* "weld 0.1.0, clang 22.1.8" */
	enum manifest_check_level check_level;
	bool check_passed; /* false when level is NONE */
	const char *check_summary; /* "18 passed" or "" */
	struct manifest_list requires; /* relations as text: relation_parse() */
	struct manifest_list provides;
	struct manifest_list conflicts;
	struct manifest_list replaces;
	struct manifest_list architectures; /* "x86_64": that it can be used on; empty: all */
	struct manifest_list builds_with; /* "zlib = 1.2.13-1": packages in its sysroot */
	struct manifest_list harden_except; /* "cfi: why it cannot bear that defence" */
	struct manifest_library *libraries; /* sorted by name when written */
	size_t library_count;
	struct manifest_program *programs; /* sorted by path when written */
	size_t program_count;
	struct manifest_program *plugins; /* sorted by path when written */
	size_t plugin_count;
	struct declared declared; /* what it asks of the machine */
	struct manifest_file *files; /* sorted by path when written */
	size_t file_count;
	struct manifest_object *objects; /* sorted by digest; package_write() fills it */
	size_t object_count;
};

/*
 * Read a manifest, and refuse whatever is not exactly as DESIGN.md says.
 *
 * Owner:  the arena; nothing is borrowed from the text
 * Errors: ERR_FORMAT (names the member), ERR_LIMIT
 */
int manifest_read(struct arena *arena, struct str text, struct manifest **ret_manifest);

/*
 * Write canonical JSON: the same manifest is always the same bytes.
 *
 * The result is read back, so that no package is made which nobody may read.
 *
 * Owner:  the caller frees ret_text
 * Errors: as manifest_read()
 */
int manifest_write(const struct manifest *manifest, struct strbuf *ret_text);

/* The digest of the canonical form. Errors: as manifest_write() */
int manifest_digest(const struct manifest *manifest, struct digest *ret_digest);

/*
 * Collect the objects that units and files refer to, sorted; sizes of units are 0.
 *
 * Owner: the arena
 */
void manifest_collect_objects(struct arena *arena, const struct manifest *manifest,
	struct manifest_object **ret_objects, size_t *ret_count);

/*
 * The unit for an architecture, and the native object there; NULL: it has none.
 *
 * Where some architectures have units of their own, native objects are for these.
 */
const struct digest *manifest_unit_for(const struct manifest_code *code, const char *arch);
const struct digest *manifest_native_for(const struct manifest_code *code, const char *arch);

/* Whether code can be linked for an architecture. */
bool manifest_is_for(const struct manifest_code *code, const char *arch);

/*
 * All that holds code, one after the other, from *index 0 on: libraries, then programs, then plug-ins.
 *
 * ret_label is "library z", "program bin/jq" or "plug-in lib/x.so"; NULL behind the last.
 *
 * Owner: the manifest; the label is in the arena
 */
const struct manifest_code *manifest_next_code(struct arena *arena,
	const struct manifest *manifest, size_t *index, const char **ret_label);

/* "NAME-VERSION-RELEASE". Owner: the arena */
char *manifest_full_name(struct arena *arena, const struct manifest *manifest);

/* "NAME-VERSION-RELEASE.weld". Owner: the arena */
char *manifest_file_name(struct arena *arena, const struct manifest *manifest);

/* Whether a package has nothing but files and relations: no code, and nothing that it declares. */
bool manifest_is_plain(const struct manifest *manifest);

/* The sum of the sizes of all objects, in bytes. */
uint64_t manifest_installed_size(const struct manifest *manifest);

/*
 * Whether a path is canonical and stays below the prefix.
 *
 * Relative, no empty part, no "." or "..", no control characters, no backslash, valid UTF-8,
 * at most 1024 bytes, parts at most 255.
 */
bool manifest_is_path(const char *path);

#endif
