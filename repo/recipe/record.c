/* SPDX-License-Identifier: MIT */
/*
 * A record is a file of lines "SHA256 NAME", one a package, named by the digest of
 * recipe, tools, input packages and level of checking. The packages themselves
 * are kept beside the records, by digest.
 */
#include "repo/recipe/record.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "repo/package.h"

#include <string.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)1 << 20) /* bytes */

static int
add_file(struct hash *hash, const char *path)
{
	int fd AUTO(file_close) = -1;
	struct digest digest;

	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(hash_file(fd, &digest));
	hash_add(hash, digest.bytes, sizeof digest.bytes);
	return 0;
}

/* Where the record of a build with this level of checking stands. */
static int
find(const struct job *job, char *const *inputs, size_t input_count,
	enum manifest_check_level level, char **ret_path)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest key;
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "build 2");
	hash_add(&hash, job->recipe->digest.bytes, DIGEST_SIZE);
	hash_add(&hash, job->tools->digest.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, level);
	if (job->is_debug)
		hash_add_string(&hash, "debug");
	for (size_t i = 0; i < input_count; i++)
		TRY(add_file(&hash, inputs[i]));
	key = hash_end(&hash);
	*ret_path =
		arena_printf(job->arena, "%s/builds/%s", job->cache_dir, digest_hex(&key, hex));
	return 0;
}

/* Where a copy of a finished package is kept. */
static char *
kept_path(const struct job *job, const char *hex)
{
	return arena_printf(job->arena, "%s/packages/%s" PACKAGE_SUFFIX, job->cache_dir, hex);
}

/* Copy a package under another name, complete or not at all. */
static int
copy_package(const struct job *job, const char *from, const char *to)
{
	const char *fresh = arena_printf(job->arena, "%s.new-%d", to, (int)getpid());
	int source AUTO(file_close) = -1;
	int target AUTO(file_close) = -1;
	int ret;

	TRY(file_open(AT_FDCWD, from, &source));
	target = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (target < 0)
		return err_errno("%s: create", fresh);
	ret = file_copy(source, target);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, fresh, AT_FDCWD, to);
	if (ret < 0)
		unlink(fresh);
	return ret;
}

int
record_write(
	const struct job *job, char *const *inputs, size_t input_count, const struct made *made)
{
	char *text = arena_string(job->arena, "");
	char *path = NULL;

	TRY(find(job, inputs, input_count, job->check, &path));
	TRY(file_make_dirs(
		AT_FDCWD, arena_printf(job->arena, "%s/builds", job->cache_dir), 0755));
	TRY(file_make_dirs(
		AT_FDCWD, arena_printf(job->arena, "%s/packages", job->cache_dir), 0755));
	for (size_t i = 0; i < made->all.len; i++) {
		int fd AUTO(file_close) = -1;
		char hex[DIGEST_HEX_SIZE];
		struct digest digest;

		TRY(file_open(AT_FDCWD, made->all.at[i].path, &fd));
		TRY(hash_file(fd, &digest));
		digest_hex(&digest, hex);
		TRY(copy_package(job, made->all.at[i].path, kept_path(job, hex)));
		text = arena_printf(job->arena, "%s%s %s\n", text, hex,
			strrchr(made->all.at[i].path, '/') + 1);
	}
	return file_replace(AT_FDCWD, path, text, strlen(text), 0644);
}

/* Whether a file has this digest; then its manifest is read too. */
static bool
is_package(const struct job *job, const char *path, const struct digest *wanted,
	struct manifest **ret_manifest)
{
	int fd AUTO(file_close) = -1;
	struct digest digest;

	return file_open(AT_FDCWD, path, &fd) >= 0 && hash_file(fd, &digest) >= 0 &&
	       digest_equal(&digest, wanted) &&
	       package_read_manifest(job->arena, fd, path, ret_manifest) >= 0;
}

/*
 * Whether one package of a record is there, with its digest; then it is added.
 *
 * For what is only required the copy in the cache will do.
 */
static bool
is_kept(const struct job *job, struct str line, struct made *kept)
{
	struct build_package package = { 0 };
	struct manifest *manifest = NULL;
	struct digest wanted;
	struct str field;
	char *hex;

	if (!str_cut(&line, ' ', &field))
		return false;
	hex = str_copy(job->arena, field);
	if (digest_parse(hex, &wanted) < 0)
		return false;
	package.path = arena_printf(
		job->arena, "%s/" STR_FMT, job->options->output_dir, STR_ARG(line));
	if (!is_package(job, package.path, &wanted, &manifest)) {
		const char *copy = kept_path(job, hex);

		if (job->is_wanted || !is_package(job, copy, &wanted, &manifest) ||
			copy_package(job, copy, package.path) < 0)
			return false;
	}
	package.manifest = manifest;
	vec_push(job->arena, &kept->all, package);
	return true;
}

/* Whether a record is there and all that it names. */
static bool
is_complete(const struct job *job, const char *path, struct made *ret_kept)
{
	struct made kept = { 0 };
	struct str text;
	struct str line;

	if (file_read(job->arena, AT_FDCWD, path, RECORD_MAX, &text) < 0)
		return false;
	while (str_cut(&text, '\n', &line))
		if (!is_kept(job, line, &kept))
			return false;
	*ret_kept = kept;
	return kept.all.len > 0;
}

int
record_check(
	const struct job *job, char *const *inputs, size_t input_count, struct made *ret_kept)
{
	if (job->options->is_forced && job->is_wanted)
		return 0;
	/* More tests than were asked for will do. */
	for (int level = (int)job->check; level <= MANIFEST_CHECK_FULL; level++) {
		char *path = NULL;

		TRY(find(job, inputs, input_count, (enum manifest_check_level)level, &path));
		if (is_complete(job, path, ret_kept))
			return 1;
	}
	return 0;
}
