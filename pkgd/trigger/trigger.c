/* SPDX-License-Identifier: MIT */
/*
 * For each trigger of the plan: collect its inputs, make the key of all that decides its output, and
 * take what has this key in the store already or run the program in a cage that holds the inputs,
 * the program and its slots, at the paths that they will have. The result goes into the store like an image.
 */
#include "pkgd/trigger/trigger.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "pkgd/policy.h"
#include "pkgd/trigger/cage.h"
#include "repo/glob.h"
#include "store/objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 << 20) /* bytes, of an input with the prefix in it */
#define SAID_LINES_MAX 400 /* bytes of a message that tell what a program printed */

struct input { /* a file or link that a trigger works on */
	const struct generation_package *package;
	const struct manifest_file *file;
};

struct work { /* one trigger */
	struct state *state;
	const struct plan *plan;
	const struct plan_package *package; /* that declares it */
	const struct declared_trigger *trigger;
	const char *label; /* of the package */
	const char *prefix; /* where the generation will stand, without the first slash */
	const struct generation *next;
	const struct generation_image *image; /* of its program; NULL: it is a file */
	const struct manifest_file *file; /* that its program is then */
	VEC(struct input) inputs; /* sorted by path */
	struct digest key;
	const char *store_name;
};

static int
compare_inputs(const void *a, const void *b)
{
	return strcmp(
		((const struct input *)a)->file->path, ((const struct input *)b)->file->path);
}

/* What belongs to the user is no input: an output is a function of packages alone. */
static bool
is_input(const struct work *work, const struct manifest_file *file)
{
	return file->kind != MANIFEST_FILE_DIRECTORY && !file->is_config &&
	       !str_has_prefix(file->path, "var/") &&
	       glob_match_any(&work->trigger->patterns, file->path);
}

static int
collect_inputs(struct work *work)
{
	VEC_EACH (struct plan_package, package, &work->plan->packages) {
		const struct manifest *manifest = package->manifest;

		if (manifest == NULL)
			TRY(plan_read_manifest(
				work->state->arena, work->state, &package->entry, &manifest));
		for (size_t i = 0; i < manifest->file_count; i++) {
			const struct manifest_file *file = &manifest->files[i];
			struct input input = { &package->entry, file };

			if (is_input(work, file))
				vec_push(work->state->arena, &work->inputs, input);
		}
	}
	if (work->inputs.len > 0)
		qsort(work->inputs.at, work->inputs.len, sizeof *work->inputs.at,
			compare_inputs);
	return 0;
}

/* The program: an image that was linked, or machine code that the package brings. */
static int
find_program(struct work *work)
{
	const struct manifest *manifest = work->package->manifest;
	const char *program = work->trigger->program;

	for (size_t i = 0; i < work->next->image_count; i++) {
		const struct generation_image *image = &work->next->images[i];

		if (!image->is_slot && !image->is_plugin && strcmp(image->name, program) == 0)
			work->image = image;
	}
	for (size_t i = 0; i < manifest->file_count; i++)
		if (strcmp(manifest->files[i].path, program) == 0)
			work->file = &manifest->files[i];
	if (work->image == NULL && work->file == NULL)
		return err_set(ERR_NOT_FOUND, "%s: not among what was linked", program);
	return 0;
}

static const struct generation_image *
find_slot(const struct work *work, const char *name)
{
	for (size_t i = 0; i < work->next->image_count; i++)
		if (work->next->images[i].is_slot &&
			strcmp(work->next->images[i].name, name) == 0)
			return &work->next->images[i];
	return NULL;
}

static void
hash_file_of(struct hash *hash, const struct manifest_file *file)
{
	hash_add_string(hash, file->path);
	hash_add_u64(hash, file->kind);
	if (file->kind == MANIFEST_FILE_LINK) {
		hash_add_string(hash, file->target);
		return;
	}
	hash_add_u64(hash, file->has_prefix);
	hash_add_u64(hash, (file->mode & 0111) != 0);
	hash_add(hash, file->sha256.bytes, DIGEST_SIZE);
}

static void
hash_program(const struct work *work, struct hash *hash)
{
	if (work->image == NULL) {
		hash_file_of(hash, work->file);
		return;
	}
	hash_add(hash, work->image->digest.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < work->image->slot_count; i++) {
		const struct generation_image *slot = find_slot(work, work->image->slots[i]);

		if (slot != NULL)
			hash_add(hash, slot->digest.bytes, DIGEST_SIZE);
	}
}

/* All that decides what the program writes: what it is, what it is told, what it can see. */
static void
make_key(struct work *work)
{
	const struct manifest_list *arguments = &work->trigger->arguments;
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld trigger 1");
	hash_add_string(&hash, work->prefix);
	hash_add_string(&hash, work->trigger->program);
	hash_add_string(&hash, work->trigger->output);
	hash_add_u64(&hash, arguments->len);
	for (size_t i = 0; i < arguments->len; i++)
		hash_add_string(&hash, arguments->at[i]);
	hash_program(work, &hash);
	VEC_EACH (struct input, input, &work->inputs)
		hash_file_of(&hash, input->file);
	work->key = hash_end(&hash);
	work->store_name = objects_name(work->state->arena, &work->key, work->label);
}

/* The path of something of the generation in the cage. */
static const char *
place(const struct work *work, const char *path)
{
	return arena_printf(work->state->arena, "%s/%s", work->prefix, path);
}

static int
open_stored(const struct work *work, const char *store_name, const char *file, int *ret_fd)
{
	return file_open_beneath(store_root_dir(work->state->store),
		arena_printf(work->state->arena, "store/%s/%s", store_name, file), O_RDONLY, 0,
		ret_fd);
}

static int
add_input(const struct work *work, struct cage *cage, const struct generation_package *package,
	const struct manifest_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf filled AUTO(strbuf_free) = { 0 };
	const char *path = place(work, file->path);
	bool is_executable = (file->mode & 0111) != 0;
	char hex[DIGEST_HEX_SIZE];
	int fd AUTO(file_close) = -1;
	struct str text;

	if (file->kind == MANIFEST_FILE_LINK)
		return cage_add_link(cage, path, file->target);
	TRY(open_stored(work, package->store_name,
		arena_printf(arena, "objects/%s", digest_hex(&file->sha256, hex)), &fd));
	if (!file->has_prefix)
		return cage_add_file(cage, path, fd, is_executable);
	TRY(file_read_fd(arena, fd, TEXT_MAX, &text));
	prefix_fill_in(text, arena_printf(arena, "/%s", work->prefix), &filled);
	return cage_add_text(cage, path, strbuf_str(&filled), is_executable);
}

static int
add_image(const struct work *work, struct cage *cage, const struct generation_image *image,
	const char *path)
{
	int fd AUTO(file_close) = -1;

	TRY(open_stored(work, image->store_name, image->store_file, &fd));
	return cage_add_file(cage, place(work, path), fd, true);
}

static int
add_program(const struct work *work, struct cage *cage)
{
	const struct generation_image *image = work->image;
	char hex[DIGEST_HEX_SIZE];

	if (image == NULL)
		return is_input(work, work->file)
			       ? 0
			       : add_input(work, cage, &work->package->entry, work->file);
	TRY(add_image(work, cage, image, image->name));
	for (size_t i = 0; i < image->slot_count; i++) {
		const struct generation_image *slot = find_slot(work, image->slots[i]);

		if (slot != NULL)
			TRY(add_image(work, cage, slot,
				arena_printf(work->state->arena, "slots/%s-%.16s", slot->name,
					digest_hex(&slot->layout_id, hex))));
	}
	return 0;
}

static int
fill(const struct work *work, struct cage *cage)
{
	TRY(add_program(work, cage));
	VEC_EACH (struct input, input, &work->inputs)
		TRY(err_context(add_input(work, cage, input->package, input->file), "%s",
			input->file->path));
	return 0;
}

/* An argument with the prefix in the place of "{prefix}". */
static const char *
expand(const struct work *work, const char *argument)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const char *found;

	while ((found = strstr(argument, DECLARED_PREFIX)) != NULL) {
		strbuf_add(&text, argument, (size_t)(found - argument));
		strbuf_printf(&text, "/%s", work->prefix);
		argument = found + strlen(DECLARED_PREFIX);
	}
	strbuf_add_string(&text, argument);
	return arena_string(work->state->arena, strbuf_string(&text));
}

static const char *const *
make_arguments(const struct work *work)
{
	const struct manifest_list *arguments = &work->trigger->arguments;
	struct arena *arena = work->state->arena;
	VEC(const char *) list = { 0 };

	vec_push(arena, &list, arena_printf(arena, "/%s", place(work, work->trigger->program)));
	for (size_t i = 0; i < arguments->len; i++) {
		if (strcmp(arguments->at[i], DECLARED_FILES) != 0) {
			vec_push(arena, &list, expand(work, arguments->at[i]));
			continue;
		}
		VEC_EACH (struct input, input, &work->inputs)
			vec_push(arena, &list,
				arena_printf(arena, "/%s", place(work, input->file->path)));
	}
	vec_push(arena, &list, NULL);
	return list.at;
}

/* What a program printed, as a part of one line. */
static const char *
clean(struct arena *arena, struct str said)
{
	struct strbuf line AUTO(strbuf_free) = { 0 };
	struct str part;

	while (line.len < SAID_LINES_MAX && str_cut(&said, '\n', &part))
		if (part.len > 0)
			strbuf_printf(&line, "%s%.*s", line.len == 0 ? "" : "; ",
				(int)(part.len > SAID_LINES_MAX ? SAID_LINES_MAX : part.len),
				part.at);
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f)
			line.at[i] = '?';
	return line.len == 0 ? "it printed nothing"
			     : arena_printf(arena, "it printed: %s", strbuf_string(&line));
}

static int
tell_end(const struct work *work, int status, struct str said)
{
	const char *printed = clean(work->state->arena, said);

	if (status > 128)
		return err_set(ERR_FAILED, "%s was ended by signal %d (%s); %s",
			work->trigger->program, status - 128, strsignal(status - 128), printed);
	if (status != 0)
		return err_set(ERR_FAILED, "%s failed with status %d; %s",
			work->trigger->program, status, printed);
	return 0;
}

static int
run_program(const struct work *work, const struct cage *cage, struct str *ret_said)
{
	struct arena *arena = work->state->arena;
	struct policy policy;
	const char *const environment[] = {
		arena_printf(arena, "PATH=/%s", place(work, "bin")),
		"HOME=/" CAGE_WORK,
		"TMPDIR=/" CAGE_WORK,
		"LC_ALL=C",
		"TZ=UTC",
		"SOURCE_DATE_EPOCH=0",
		NULL,
	};
	struct cage_run run = { .argv = make_arguments(work), .envp = environment };
	int status = 0;
	int ret;

	TRY(state_policy(work->state, &policy));
	run.timeout_ms = policy.trigger_seconds * 1000;
	ret = cage_run(arena, cage, &run, &status, ret_said);
	if (ret == ERR_LIMIT)
		return err_set(ERR_FAILED,
			"%s has not ended after %u s (see policy trigger-seconds)",
			work->trigger->program, policy.trigger_seconds);
	TRY(err_context(ret, "no program can be locked in here"));
	return tell_end(work, status, *ret_said);
}

/* Put the file that the program left into the store. */
static int
keep_result(const struct work *work, const struct cage *cage, struct str said)
{
	const char *slash = strrchr(work->trigger->output, '/');
	const char *name = slash == NULL ? work->trigger->output : slash + 1;
	struct objects_new *new AUTO(objects_abandon) = NULL;
	int fd AUTO(file_close) = -1;
	int ret = cage_open_result(cage, name, &fd);

	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_FAILED, "%s left no file %s in its directory; %s",
			work->trigger->program, name, clean(work->state->arena, said));
	TRY(ret);
	TRY(objects_begin(work->state->store, work->store_name, &new));
	TRY(objects_add_file(new, GENERATION_OUTPUT, fd, NULL, false));
	return objects_finish(&new);
}

static int
make_output(const struct work *work, const char *directory)
{
	struct cage *cage AUTO(cage_close) = NULL;
	struct str said = { 0 };

	/* What the program needs is found by the names that these settle under. */
	TRY(objects_settle(work->state->store));
	TRY(cage_make(work->state->arena, directory, &cage));
	TRY(fill(work, cage));
	TRY(run_program(work, cage, &said));
	TRY(keep_result(work, cage, said));
	TRY(objects_settle(work->state->store));
	return file_remove_tree(AT_FDCWD, directory);
}

/* Describe what stands in the store; of what the current generation has it says what that says. */
static int
describe(const struct work *work, struct generation_output *output)
{
	const struct generation *current = &work->state->current;
	int fd AUTO(file_close) = -1;

	*output = (struct generation_output){
		.path = work->trigger->output,
		.package = work->label,
		.trigger = work->trigger->name,
		.key = work->key,
		.store_name = work->store_name,
	};
	for (size_t i = 0; i < current->output_count; i++)
		if (strcmp(current->outputs[i].store_name, work->store_name) == 0) {
			output->digest = current->outputs[i].digest;
			output->size = current->outputs[i].size;
			return 0;
		}
	TRY(open_stored(work, work->store_name, GENERATION_OUTPUT, &fd));
	TRY(file_size(fd, &output->size));
	return hash_file(fd, &output->digest);
}

/* The name under which a generation that has this very output keeps it. */
static void
find_kept(struct work *work)
{
	const struct generation *current = &work->state->current;

	for (size_t i = 0; i < current->output_count; i++)
		if (digest_equal(&current->outputs[i].key, &work->key))
			work->store_name = current->outputs[i].store_name;
}

typedef VEC(struct generation_output) outputs;

static int
make_one(struct work *work, const char *scratch, outputs *list, json_t *made)
{
	struct state *state = work->state;
	struct generation_output output;
	bool is_kept;

	TRY(collect_inputs(work));
	if (work->inputs.len == 0)
		return 0;
	if (state->arch != arch_host()) {
		request_warn(state->request,
			"%s: trigger %s cannot run here: %s is made by 'weld relink' on a "
			"machine of this root",
			work->label, work->trigger->name, work->trigger->output);
		return 0;
	}
	TRY(find_program(work));
	make_key(work);
	find_kept(work);
	is_kept = objects_has(state->store, work->store_name);
	if (!is_kept) {
		request_step(state->request, "%s: trigger %s makes %s", work->label,
			work->trigger->name, work->trigger->output);
		TRY(make_output(work, arena_printf(state->arena, "%s/cage", scratch)));
	}
	TRY(describe(work, &output));
	vec_push(state->arena, list, output);
	json_array_append_new(
		made, json_pack("{s:s, s:s, s:s, s:b, s:I}", "package", work->label, "trigger",
			      work->trigger->name, "path", work->trigger->output, "kept",
			      is_kept, "size", (json_int_t)output.size));
	return 0;
}

int
trigger_make_all(struct state *state, const struct plan *plan, const char *scratch,
	struct generation *next, json_t *ret_made)
{
	outputs list = { 0 };
	const char *standing = store_standing(state->store);

	VEC_EACH (struct plan_package, package, &plan->packages) {
		const struct declared *declared =
			package->is_passive ? NULL : &package->manifest->declared;

		for (size_t i = 0; declared != NULL && i < declared->trigger_count; i++) {
			struct work work = {
				.state = state,
				.plan = plan,
				.package = package,
				.trigger = &declared->triggers[i],
				.label =
					generation_package_label(state->arena, &package->entry),
				.prefix =
					arena_printf(state->arena, "%s/current", standing + 1),
				.next = next,
			};

			TRY(err_context(make_one(&work, scratch, &list, ret_made),
				"%s: trigger %s", work.label, work.trigger->name));
		}
	}
	next->outputs = list.at;
	next->output_count = list.len;
	return 0;
}
