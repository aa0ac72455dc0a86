/* SPDX-License-Identifier: MIT */
/*
 * A package is the same bytes each time; unpacking gives the objects back; and
 * no damaged, cut, prolonged or forged file passes.
 */
#include "repo/package.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct str
read_all(struct arena *arena, const char *path)
{
	struct str contents = { 0 };

	if (file_read(arena, AT_FDCWD, path, (size_t)64 << 20, &contents) < 0)
		tap_bail("%s", err_message());
	return contents;
}

static void
test_same_bytes(struct arena *arena, const char *directory, struct str package)
{
	char *other = arena_printf(arena, "%s/other", directory);
	char *path;

	if (mkdir(other, 0700) < 0)
		tap_bail("mkdir");
	path = sample_package(arena, other, "frob", "1.0");
	tap_ok(str_equal(read_all(arena, path), package),
		"the same input gives the same bytes");
}

/* Unpack bytes into a fresh directory; -1 as directory only verifies. */
static int
unpack_bytes(
	struct arena *arena, struct str bytes, int directory, struct manifest **ret_manifest)
{
	int fd AUTO(file_close) = -1;

	if (file_memory("package", &fd) < 0 || file_write_fd(fd, bytes.at, bytes.len) < 0)
		tap_bail("%s", err_message());
	return package_unpack(arena, NULL, fd, "frob.weld", directory, ret_manifest);
}

static void
test_unpack(struct arena *arena, const char *directory, struct str package)
{
	char *path = arena_printf(arena, "%s/unpacked", directory);
	struct manifest *manifest = NULL;
	int dir AUTO(file_close) = -1;
	size_t wrong = 0;
	size_t executable = 0;

	if (mkdir(path, 0700) < 0 || file_open_dir(AT_FDCWD, path, &dir) < 0)
		tap_bail("mkdir");
	tap_ok(unpack_bytes(arena, package, dir, &manifest) == 0, "it unpacks");
	for (size_t i = 0; i < manifest->object_count; i++) {
		char hex[DIGEST_HEX_SIZE];
		char *name = arena_printf(
			arena, "objects/%s", digest_hex(&manifest->objects[i].sha256, hex));
		struct digest digest = { 0 };
		struct stat info = { 0 };
		int fd AUTO(file_close) = -1;

		if (file_open_beneath(dir, name, O_RDONLY, 0, &fd) < 0 ||
			hash_file(fd, &digest) < 0 || fstat(fd, &info) < 0 ||
			!digest_equal(&digest, &manifest->objects[i].sha256) ||
			(info.st_mode & 0777) !=
				(manifest->objects[i].is_executable ? 0555 : 0444))
			wrong++;
		executable += manifest->objects[i].is_executable;
	}
	tap_is_number((long long)wrong, 0, "each object is there, by its digest");
	tap_is_number((long long)executable, 1, "only the script is executable");
	tap_ok(file_exists(dir, "manifest.json"), "and the manifest");
	tap_ok(unpack_bytes(arena, package, dir, &manifest) == ERR_EXISTS,
		"it does not unpack over existing files");
}

static bool
is_same_manifest(const struct manifest *a, const struct manifest *b)
{
	struct digest left = { 0 };
	struct digest right = { 0 };

	return manifest_digest(a, &left) == 0 && manifest_digest(b, &right) == 0 &&
	       digest_equal(&left, &right);
}

/*
 * One flipped byte is refused. The few bits of a zstd frame that mean nothing
 * may pass, but then the contents are exactly the package's.
 */
static void
test_flips(struct arena *arena, struct str package)
{
	struct manifest *original = NULL;
	size_t other = 0;
	size_t passed = 0;
	size_t silent = 0;

	if (unpack_bytes(arena, package, -1, &original) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < package.len; i += 3) {
		struct arena *scratch AUTO(arena_free) = arena_new();
		char *bytes = arena_copy(scratch, package.at, package.len);
		struct manifest *manifest = NULL;
		int ret;

		bytes[i] = (char)(bytes[i] ^ (1 << (i % 8)));
		ret = unpack_bytes(scratch, (struct str){ .at = bytes, .len = package.len }, -1,
			&manifest);
		passed += ret >= 0;
		other += ret >= 0 && !is_same_manifest(original, manifest);
		silent += ret < 0 && strstr(err_message(), "frob.weld") == NULL;
	}
	tap_is_number((long long)other, 0, "no flipped bit changes what a package contains");
	tap_ok(passed <= 4, "flipped bits are refused (%zu of %zu mean nothing)", passed,
		package.len / 3);
	tap_is_number((long long)silent, 0, "each error names the file");
}

static void
test_cuts(struct arena *arena, struct str package)
{
	struct manifest *manifest = NULL;
	size_t passed = 0;
	char *longer = arena_alloc(arena, package.len + 16);

	for (size_t length = 0; length < package.len; length += 1 + length / 17) {
		struct arena *scratch AUTO(arena_free) = arena_new();

		passed += unpack_bytes(scratch, (struct str){ .at = package.at, .len = length },
				  -1, &manifest) >= 0;
	}
	tap_is_number((long long)passed, 0, "no truncated package passes");
	memcpy(longer, package.at, package.len);
	memcpy(longer + package.len, "garbage garbage", 16);
	tap_ok(unpack_bytes(arena, (struct str){ .at = longer, .len = package.len + 16 }, -1,
		       &manifest) == ERR_FORMAT,
		"garbage behind it is refused");
	longer = arena_alloc(arena, package.len * 2);
	memcpy(longer, package.at, package.len);
	memcpy(longer + package.len, package.at, package.len);
	tap_ok(unpack_bytes(arena, (struct str){ .at = longer, .len = package.len * 2 }, -1,
		       &manifest) == ERR_FORMAT,
		"a package behind it is refused");
}

struct member {
	const char *name;
	struct str contents;
	mode_t type;
	mode_t mode;
	const char *link;
};

/* Make an archive of any members with a filter. */
static struct str
forge(struct arena *arena, const struct member *members, size_t count,
	int (*add_filter)(struct archive *))
{
	size_t room = (size_t)4 << 20;
	char *bytes = arena_alloc(arena, room);
	size_t used = 0;
	struct archive *archive = archive_write_new();

	archive_write_set_format_ustar(archive);
	if (add_filter(archive) != ARCHIVE_OK)
		tap_bail("%s", archive_error_string(archive));
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open_memory(archive, bytes, room, &used);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();

		archive_entry_set_pathname(entry, members[i].name);
		archive_entry_set_filetype(entry, members[i].type);
		archive_entry_set_perm(entry, members[i].mode);
		archive_entry_set_mtime(entry, 0, 0);
		archive_entry_set_size(entry, (la_int64_t)members[i].contents.len);
		if (members[i].link != NULL)
			archive_entry_set_symlink(entry, members[i].link);
		archive_write_header(archive, entry);
		archive_write_data(archive, members[i].contents.at, members[i].contents.len);
		archive_entry_free(entry);
	}
	archive_write_close(archive);
	archive_write_free(archive);
	return (struct str){ .at = bytes, .len = used };
}

#define MEMBERS_MAX 16

/* The members of the honest package, in order. */
static size_t
honest_members(struct arena *arena, const char *directory, struct member *members)
{
	char *objects = arena_printf(arena, "%s/unpacked", directory);
	struct str text = read_all(arena, arena_printf(arena, "%s/manifest.json", objects));
	struct manifest *manifest = NULL;
	struct digest digest = hash_bytes(text.at, text.len);
	char hex[DIGEST_HEX_SIZE];
	size_t count = 2;

	if (manifest_read(arena, text, &manifest) < 0)
		tap_bail("%s", err_message());
	members[0] = (struct member){ "manifest.json", text, AE_IFREG, 0644, NULL };
	members[1] = (struct member){ "manifest.sha256",
		str_from(arena_string(arena, digest_hex(&digest, hex))), AE_IFREG, 0644, NULL };
	for (size_t i = 0; i < manifest->object_count; i++) {
		char *name = arena_printf(
			arena, "objects/%s", digest_hex(&manifest->objects[i].sha256, hex));

		members[count++] = (struct member){ name,
			read_all(arena, arena_printf(arena, "%s/%s", objects, name)), AE_IFREG,
			0644, NULL };
	}
	return count;
}

static int
try_members(struct arena *arena, const struct member *members, size_t count)
{
	struct manifest *manifest = NULL;

	return unpack_bytes(arena, forge(arena, members, count, archive_write_add_filter_zstd),
		-1, &manifest);
}

/* No other code of libarchive ever sees what comes from outside. */
static const struct {
	const char *name;
	int (*add)(struct archive *archive);
} filters[] = {
	{ "no compression", archive_write_add_filter_none },
	{ "gzip", archive_write_add_filter_gzip },
	{ "xz", archive_write_add_filter_xz },
	{ "bzip2", archive_write_add_filter_bzip2 },
	{ "uuencode", archive_write_add_filter_uuencode },
};

static void
test_forged(struct arena *arena, const char *directory)
{
	struct member members[MEMBERS_MAX];
	struct member saved;
	struct manifest *manifest = NULL;
	size_t count = honest_members(arena, directory, members);

	tap_ok(try_members(arena, members, count) == 0, "the forger's honest package passes");
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		tap_ok(unpack_bytes(arena, forge(arena, members, count, filters[i].add), -1,
			       &manifest) == ERR_FORMAT,
			"bug class 22: with %s it is refused", filters[i].name);
	tap_ok(try_members(arena, members, count - 1) == ERR_FORMAT, "a missing member");
	members[count] = (struct member){ "../evil", str_from("x"), AE_IFREG, 0644, NULL };
	tap_ok(try_members(arena, members, count + 1) == ERR_FORMAT,
		"bug class 1: a member with a path of its own");
	members[count] = members[count - 1];
	tap_ok(try_members(arena, members, count + 1) == ERR_FORMAT,
		"bug class 19: a member twice");
	saved = members[count - 1];
	members[count - 1].contents.len--;
	tap_ok(try_members(arena, members, count) == ERR_FORMAT, "a member that is shorter");
	members[count - 1] = saved;
	members[count - 1].contents =
		str_from(arena_string(arena, "x")); /* of another size, in any case */
	tap_ok(try_members(arena, members, count) == ERR_FORMAT, "a member of other contents");
	members[count - 1] = saved;
	members[count - 1].contents.at =
		arena_copy(arena, saved.contents.at, saved.contents.len);
	((char *)members[count - 1].contents.at)[0] ^= 1;
	tap_ok(try_members(arena, members, count) == ERR_DIGEST, "other contents, same size");
	members[count - 1] = saved;
	members[count - 1].mode = 04755;
	tap_ok(try_members(arena, members, count) == ERR_FORMAT,
		"bug class 27: a set-user-id member");
	members[count - 1] = saved;
	members[count - 1].type = AE_IFLNK;
	members[count - 1].link = "/etc/passwd";
	members[count - 1].contents.len = 0;
	tap_ok(try_members(arena, members, count) == ERR_FORMAT,
		"bug class 1: a link instead of a file");
	members[count - 1] = members[count - 2];
	members[count - 2] = saved;
	tap_ok(try_members(arena, members, count) == ERR_FORMAT, "members in another order");
	tap_ok(try_members(arena, members, 0) == ERR_FORMAT, "no members at all");
	tap_ok(try_members(arena, members + 1, 1) == ERR_FORMAT, "no manifest");
}

static void
test_bomb(struct arena *arena)
{
	struct member bomb = { "manifest.json",
		{ .at = arena_alloc(arena, (size_t)65 << 20), .len = (size_t)65 << 20 },
		AE_IFREG, 0644, NULL };

	tap_ok(try_members(arena, &bomb, 1) == ERR_LIMIT,
		"bug class 24: a manifest of 65 MiB is not read");
}

static void
test_write_errors(struct arena *arena, const char *directory)
{
	char *objects = arena_printf(arena, "%s/objects-frob-1.0", directory);
	struct manifest *manifest;
	struct digest script = hash_bytes("#!/bin/sh\necho hello\n", 21);
	char hex[DIGEST_HEX_SIZE];
	int dir AUTO(file_close) = -1;
	int full AUTO(file_close) = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int null AUTO(file_close) = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (file_open_dir(AT_FDCWD, objects, &dir) < 0)
		tap_bail("%s", err_message());
	manifest = sample_manifest(arena, dir, "frob", "1.0");
	tap_ok(package_write(manifest, dir, full) == ERR_NO_SPACE, "a full disk is reported");
	if (file_replace(dir, digest_hex(&script, hex), "#!/bin/sh\necho HELLO\n", 21, 0444) <
		0)
		tap_bail("%s", err_message());
	tap_ok(package_write(manifest, dir, null) == ERR_DIGEST,
		"an object that is not what its name says is not packed");
	if (unlinkat(dir, hex, 0) < 0)
		tap_bail("unlink");
	tap_ok(package_write(manifest, dir, null) == ERR_NOT_FOUND,
		"a missing object is reported");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);
	struct str package = read_all(arena, sample_package(arena, directory, "frob", "1.0"));

	test_same_bytes(arena, directory, package);
	test_unpack(arena, directory, package);
	test_flips(arena, package);
	test_cuts(arena, package);
	test_forged(arena, directory);
	test_bomb(arena);
	test_write_errors(arena, directory);
	sample_remove(directory);
	return tap_done();
}
