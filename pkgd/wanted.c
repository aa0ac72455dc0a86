/* SPDX-License-Identifier: MIT */
/* A translation from what packages say to what the linker asks; no decision is made here. */
#include "pkgd/wanted.h"

#include "base/arena.h"

#include <inttypes.h>
#include <string.h>

static struct link_unit
unit_in(struct arena *arena, const char *directory, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	return (struct link_unit){ *digest,
		arena_printf(arena, "%s/objects/%s", directory, digest_hex(digest, hex)) };
}

static struct link_unit
unit_for(const struct wanted *wanted, const char *directory, const struct manifest_code *code)
{
	return unit_in(
		wanted->arena, directory, manifest_unit_for(code, arch_name(wanted->arch)));
}

/* Its path is NULL where there is none. */
static struct link_unit
native_for(const struct wanted *wanted, const char *directory, const struct manifest_code *code)
{
	const struct digest *native = manifest_native_for(code, arch_name(wanted->arch));

	return native != NULL ? unit_in(wanted->arena, directory, native)
			      : (struct link_unit){ 0 };
}

static struct link_export *
exports_of(struct arena *arena, const struct manifest_library *library)
{
	struct link_export *exports =
		arena_array(arena, library->export_count + 1, sizeof *exports);

	for (size_t i = 0; i < library->export_count; i++)
		exports[i] = (struct link_export){ library->exports[i].name,
			library->exports[i].is_function, library->exports[i].size,
			library->exports[i].type };
	return exports;
}

static enum link_sharing
sharing_of(enum manifest_sharing sharing)
{
	switch (sharing) {
	case MANIFEST_SHARING_ALWAYS:
		return LINK_SHARING_ALWAYS;
	case MANIFEST_SHARING_PRIVATE:
		return LINK_SHARING_NEVER;
	case MANIFEST_SHARING_AUTO:
		break;
	}
	return LINK_SHARING_AUTO;
}

/* NULL when the package does not say; an empty list is not NULL. */
static const char *const *
own_uses_of(const struct manifest_library *library)
{
	static const char *const none[] = { NULL };

	if (!library->has_own_uses)
		return NULL;
	return library->own_uses.len > 0 ? (const char *const *)library->own_uses.at : none;
}

/* The defences that a package cannot bear; one that this weld does not have is no exception. */
static unsigned
exceptions_of(const struct manifest *manifest)
{
	unsigned set = HARDEN_NONE;

	for (size_t i = 0; i < manifest->harden_except.len; i++)
		for (unsigned one = 1; one <= HARDEN_ALL; one <<= 1) {
			const char *text = manifest->harden_except.at[i];
			size_t length = strlen(harden_name(one));

			if (strncmp(text, harden_name(one), length) == 0 && text[length] == ':')
				set |= one;
		}
	return set;
}

static void
add_library(struct wanted *wanted, const struct manifest *manifest,
	const struct manifest_library *library, const char *label, const char *directory)
{
	struct link_library new = {
		.name = library->name,
		.package = label,
		.harden_except = exceptions_of(manifest),
		.unit = unit_for(wanted, directory, &library->code),
		.native = native_for(wanted, directory, &library->code),
		.imports = (const char *const *)library->imports.at,
		.import_count = library->imports.len,
		.exports = exports_of(wanted->arena, library),
		.export_count = library->export_count,
		.undefined = (const char *const *)library->undefined.at,
		.undefined_count = library->undefined.len,
		.weak_undefined = (const char *const *)library->weak_undefined.at,
		.weak_undefined_count = library->weak_undefined.len,
		.own_uses = own_uses_of(library),
		.own_use_count = library->own_uses.len,
		.tls_size = library->tls_size,
		.tls_export_count = library->tls_exports.len,
		.sharing = sharing_of(library->sharing),
	};

	vec_push(wanted->arena, &wanted->libraries, new);
}

static void
add_plugin(struct wanted *wanted, const struct manifest *manifest,
	const struct manifest_program *plugin, const char *label, const char *directory)
{
	vec_push(wanted->arena, &wanted->plugins,
		(struct link_plugin){ .path = plugin->path,
			.harden_except = exceptions_of(manifest),
			.package = label,
			.unit = unit_for(wanted, directory, &plugin->code),
			.native = native_for(wanted, directory, &plugin->code),
			.imports = (const char *const *)plugin->imports.at,
			.import_count = plugin->imports.len,
			.undefined = (const char *const *)plugin->undefined.at,
			.undefined_count = plugin->undefined.len,
			.exports = (const char *const *)plugin->exports.at,
			.export_count = plugin->exports.len,
			.interfaces = (const char *const *)plugin->plugin_for.at,
			.interface_count = plugin->plugin_for.len,
			.tls_size = plugin->tls_size });
}

void
wanted_add_manifest(
	struct wanted *wanted, const struct manifest *manifest, const char *directory)
{
	const char *label = manifest_full_name(wanted->arena, manifest);

	for (size_t i = 0; i < manifest->library_count; i++)
		add_library(wanted, manifest, &manifest->libraries[i], label, directory);
	for (size_t i = 0; i < manifest->program_count; i++) {
		const struct manifest_program *program = &manifest->programs[i];

		vec_push(wanted->arena, &wanted->programs,
			(struct link_program){ .path = program->path,
				.package = label,
				.harden_except = exceptions_of(manifest),
				.unit = unit_for(wanted, directory, &program->code),
				.native = native_for(wanted, directory, &program->code),
				.imports = (const char *const *)program->imports.at,
				.import_count = program->imports.len,
				.undefined = (const char *const *)program->undefined.at,
				.undefined_count = program->undefined.len,
				.weak_undefined =
					(const char *const *)program->weak_undefined.at,
				.weak_undefined_count = program->weak_undefined.len,
				.exports = (const char *const *)program->exports.at,
				.export_count = program->exports.len,
				.loads = (const char *const *)program->loads.at,
				.load_count = program->loads.len });
	}
	for (size_t i = 0; i < manifest->plugin_count; i++)
		add_plugin(wanted, manifest, &manifest->plugins[i], label, directory);
}

void
wanted_add_offer(struct wanted *wanted, const struct index_package *package)
{
	const char *label = arena_printf(wanted->arena, "%s-%s-%" PRIu64, package->name,
		package->version, package->release);

	for (size_t i = 0; i < package->library_count; i++) {
		const struct index_library *library = &package->libraries[i];
		struct link_export *exports =
			arena_array(wanted->arena, library->exports.len + 1, sizeof *exports);

		for (size_t k = 0; k < library->exports.len; k++)
			exports[k] = (struct link_export){
				.name = library->exports.at[k], .is_function = true, .type = ""
			};
		vec_push(wanted->arena, &wanted->libraries,
			(struct link_library){ .name = library->name,
				.package = label,
				.unit = { .path = "" },
				.imports = (const char *const *)library->imports.at,
				.import_count = library->imports.len,
				.exports = exports,
				.export_count = library->exports.len,
				.tls_size = library->has_tls ? 1 : 0,
				.sharing = sharing_of(library->sharing) });
	}
	for (size_t i = 0; i < package->program_count; i++)
		vec_push(wanted->arena, &wanted->programs,
			(struct link_program){ .path = package->programs[i].path,
				.package = label,
				.unit = { .path = "" },
				.imports = (const char *const *)package->programs[i].imports.at,
				.import_count = package->programs[i].imports.len });
}

const struct link_library *
wanted_find(const struct wanted *wanted, const char *name)
{
	VEC_EACH (struct link_library, library, &wanted->libraries)
		if (strcmp(library->name, name) == 0)
			return library;
	return NULL;
}
