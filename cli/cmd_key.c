/* SPDX-License-Identifier: MIT */
/* weld key: the packager's signing keys. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signing.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#define KEY_FILE_MAX 65536 /* bytes */

static json_t *
info_json(const struct key_info *info)
{
	char hex[DIGEST_HEX_SIZE];

	return json_pack("{s:s, s:s, s:b}", "name", info->name, "id",
		digest_hex(&info->id, hex), "encrypted", info->is_encrypted);
}

static void
print_info(const struct invocation *call, const char *what, const struct key_info *info)
{
	char hex[DIGEST_HEX_SIZE];

	if (call->output->is_json)
		output_json(call, json_pack("{s:o}", "key", info_json(info)));
	else
		printf("%s key %s: id %s\n", what, info->name, digest_hex(&info->id, hex));
}

int
cmd_key_generate(struct invocation *call)
{
	struct strbuf passphrase AUTO(key_forget_passphrase) = { 0 };
	const char *directory;
	const char *name = call->args[0];
	struct key_info info;
	struct str text;
	bool is_open = option_given(call, "no-passphrase");

	TRY(signing_directory(call, &directory));
	if (!is_open)
		TRY(signing_passphrase(call, name, true, &passphrase));
	text = strbuf_str(&passphrase);
	TRY(key_generate(call->arena, directory, name, is_open ? NULL : &text, &info));
	print_info(call, "made", &info);
	return 0;
}

int
cmd_key_list(struct invocation *call)
{
	static const char *const headings[] = { "Name", "Id", "Passphrase" };
	struct table table = { .arena = call->arena, .columns = 3, .headings = headings };
	json_t *keys AUTO(json_release) = json_array();
	const char *directory;
	struct key_info *infos;
	size_t count;

	TRY(signing_directory(call, &directory));
	TRY(key_list(call->arena, directory, &infos, &count));
	for (size_t i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];
		const char *cells[3] = { infos[i].name,
			arena_string(call->arena, digest_hex(&infos[i].id, hex)),
			infos[i].is_encrypted ? "yes" : "no" };

		table_add(&table, STYLE_PLAIN, cells);
		json_array_append_new(keys, info_json(&infos[i]));
	}
	if (call->output->is_json)
		output_json(call, json_pack("{s:O}", "keys", keys));
	else
		table_print(&table, call->output, stdout);
	return 0;
}

int
cmd_key_export(struct invocation *call)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const char *directory;
	const char *file = option_value(call, "output", NULL);
	bool is_secret = option_given(call, "secret");
	struct key_info info;

	TRY(signing_directory(call, &directory));
	TRY(key_find(call->arena, directory, call->args[0], &info));
	if (is_secret)
		TRY(key_export_secret(directory, call->args[0], &text));
	else
		key_export_public(&info, &text);
	if (file != NULL)
		return file_create(AT_FDCWD, file, text.at, text.len, is_secret ? 0600 : 0644);
	fwrite(text.at, 1, text.len, stdout);
	if (text.len == 0 || text.at[text.len - 1] != '\n')
		putchar('\n');
	return 0;
}

int
cmd_key_import(struct invocation *call)
{
	const char *directory;
	struct str text;
	struct key_info info;

	TRY(signing_directory(call, &directory));
	TRY(file_read(call->arena, AT_FDCWD, call->args[1], KEY_FILE_MAX, &text));
	TRY(key_import(call->arena, directory, call->args[0], text, &info));
	print_info(call, "imported", &info);
	return 0;
}
