/* SPDX-License-Identifier: MIT */
/*
 * Packages, whatever is in them: the first line says whether the rest is the file as it is ("packed") or the tar
 * that it holds ("plain"), which is compressed here, so that damage reaches what reads the members. A package
 * that is taken has the manifest that is read from it alone.
 */
#include "repo/package.h"
#include "tests/fuzz/fuzz.h"

#include <archive.h>
#include <archive_entry.h>

static int
compress(int fd, struct str tar)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int ret;

	archive_write_set_format_raw(archive);
	archive_write_add_filter_zstd(archive);
	archive_entry_set_pathname(entry, "tar");
	archive_entry_set_filetype(entry, AE_IFREG);
	ret = archive_write_open_fd(archive, fd) == ARCHIVE_OK &&
			      archive_write_header(archive, entry) == ARCHIVE_OK &&
			      archive_write_data(archive, tar.at, tar.len) ==
				      (la_ssize_t)tar.len &&
			      archive_write_close(archive) == ARCHIVE_OK
		      ? 0
		      : -1;
	archive_entry_free(entry);
	archive_write_free(archive);
	return ret;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct archiver *archiver; /* for all inputs */
	struct arena *arena AUTO(arena_free) = arena_new();
	struct manifest *whole = NULL;
	struct manifest *alone = NULL;
	struct digest digests[2];
	struct str kind;
	struct str rest;
	int fd AUTO(file_close) = -1;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if ((archiver == NULL && archiver_start(0, &archiver) < 0) ||
		file_memory("package", &fd) < 0)
		abort();
	if (str_is(kind, "packed") ? file_write_fd(fd, rest.at, rest.len) < 0
				   : !str_is(kind, "plain") || compress(fd, rest) < 0)
		return 0;
	if (package_unpack(arena, archiver, fd, "input", -1, &whole) < 0) {
		(void)package_read_manifest(arena, fd, "input", &alone);
		return 0;
	}
	if (package_read_manifest(arena, fd, "input", &alone) < 0 ||
		manifest_digest(whole, &digests[0]) < 0 ||
		manifest_digest(alone, &digests[1]) < 0 ||
		!digest_equal(&digests[0], &digests[1]))
		abort();
	return 0;
}
