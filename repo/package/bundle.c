/* SPDX-License-Identifier: MIT */
/*
 * A bundle is a canonical zstd tar with two members an object, in the order of the keys: KEY.o,
 * the object, and KEY.facts. Names and sizes are known from the catalogue, and compared.
 */
#include "repo/lowered.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package/member.h"
#include "repo/package/reader.h"
#include "repo/package/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static char *
member_name(const struct digest *key, const char *suffix, char name[MEMBER_NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	snprintf(name, MEMBER_NAME_SIZE, "%s.%s", digest_hex(key, hex), suffix);
	return name;
}

static int
write_members(struct writer *writer, const struct lowered_contents *contents,
	const struct lowered_bundle *bundle)
{
	char name[MEMBER_NAME_SIZE];

	for (size_t i = 0; i < bundle->object_count; i++) {
		const struct digest *key = &bundle->objects[i].key;

		TRY(writer_add_member(writer, member_name(key, "o", name), contents[i].object));
		TRY(writer_add_member(
			writer, member_name(key, "facts", name), contents[i].facts));
	}
	return writer_finish(writer);
}

int
lowered_bundle_write(
	int fd, const struct lowered_contents *contents, struct lowered_bundle *bundle)
{
	struct writer writer;
	int ret = writer_begin(&writer, fd);

	if (ret >= 0)
		ret = write_members(&writer, contents, bundle);
	writer_end(&writer);
	if (ret >= 0)
		ret = hash_file(fd, &bundle->sha256);
	if (ret >= 0)
		ret = file_size(fd, &bundle->size);
	return err_context(ret, "%s: bundle", bundle->package);
}

static int
read_member(struct arena *arena, struct reader *reader, const char *name, uint64_t size,
	const struct digest *expected, struct str *ret_contents)
{
	unsigned char header[MEMBER_BLOCK];
	char *contents = arena_alloc(arena, size + 1);
	struct digest digest;

	TRY(reader_take(reader, header, sizeof header));
	TRY(reader_check_header(header, name, size));
	TRY(reader_take(reader, contents, size));
	TRY(reader_take_zeros(reader, member_padding(size)));
	digest = hash_bytes(contents, size);
	if (!digest_equal(&digest, expected))
		return err_set(ERR_DIGEST, "%s: its SHA-256 is not the signed one", name);
	*ret_contents = (struct str){ contents, size };
	return 0;
}

static int
read_members(struct arena *arena, struct reader *reader, const struct lowered_bundle *bundle,
	struct lowered_contents *contents)
{
	char name[MEMBER_NAME_SIZE];

	for (size_t i = 0; i < bundle->object_count; i++) {
		const struct lowered_object *object = &bundle->objects[i];

		TRY(read_member(arena, reader, member_name(&object->key, "o", name),
			object->object_size, &object->object, &contents[i].object));
		TRY(read_member(arena, reader, member_name(&object->key, "facts", name),
			object->facts_size, &object->facts, &contents[i].facts));
	}
	return reader_take_end(reader);
}

static int
check_file(int fd, const struct lowered_bundle *bundle)
{
	struct digest digest;
	uint64_t size;

	TRY(file_size(fd, &size));
	if (size != bundle->size)
		return err_set(ERR_DIGEST, "%" PRIu64 " bytes, the signed length is %" PRIu64,
			size, bundle->size);
	TRY(hash_file(fd, &digest));
	if (!digest_equal(&digest, &bundle->sha256))
		return err_set(ERR_DIGEST, "its SHA-256 is not the signed one");
	return 0;
}

int
lowered_bundle_read(struct arena *arena, int fd, const struct lowered_bundle *bundle,
	struct lowered_contents *contents)
{
	struct reader reader;
	int ret = check_file(fd, bundle);

	if (ret >= 0) {
		ret = reader_begin(&reader, NULL, fd);
		if (ret >= 0)
			ret = read_members(arena, &reader, bundle, contents);
		reader_end(&reader);
	}
	return err_context(ret, "%s: bundle", bundle->package);
}
