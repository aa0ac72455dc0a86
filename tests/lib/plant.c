/* SPDX-License-Identifier: MIT */
/*
 * plant list DIRECTORY
 * plant trap DIRECTORY
 *
 * DIRECTORY is an image's in ROOT/store. `list` prints the functions in it by its facts, one
 * "PACKAGE NAME" a line, PACKAGE without version. `trap` reads such lines and replaces the first
 * instruction of each of these functions, wherever it is in the image, by one that ends the process
 * with SIGTRAP; it prints how many there were.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "linker/facts.h"
#include "store/generation.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes */
#define LINE_MAX_BYTES 4096

static void
must(int ret)
{
	if (ret < 0) {
		fprintf(stderr, "plant: %s\n", err_message());
		exit(1);
	}
}

/* "PACKAGE NAME", the package without version and release. */
static const char *
key_of(struct arena *arena, const struct facts *facts, const struct facts_entity *entity)
{
	char *package = arena_string(arena, facts_origin(facts, entity->origin).package);

	for (int i = 0; i < 2; i++) {
		char *dash = strrchr(package, '-');

		if (dash != NULL)
			*dash = '\0';
	}
	return arena_printf(arena, "%s %s", package, entity->source_name);
}

/* Where an address of the image stands in its file; -1 when it does not. */
static off_t
offset_of(struct str image, uint64_t address)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (image.len < sizeof header)
		return -1;
	memcpy(&header, image.at, sizeof header);
	for (size_t i = 0; i < header.e_phnum; i++) {
		size_t at = header.e_phoff + i * sizeof segment;

		if (at + sizeof segment > image.len)
			return -1;
		memcpy(&segment, image.at + at, sizeof segment);
		if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
			address >= segment.p_vaddr &&
			address < segment.p_vaddr + segment.p_filesz)
			return (off_t)(segment.p_offset + address - segment.p_vaddr);
	}
	return -1;
}

static void
write_trap(int fd, off_t offset)
{
#if defined(__x86_64__)
	static const unsigned char trap[] = { 0xcc };
#elif defined(__aarch64__)
	static const unsigned char trap[] = { 0x00, 0x00, 0x20, 0xd4 };
#else
	static const unsigned char trap[] = { 0x73, 0x00, 0x10, 0x00 };
#endif

	if (pwrite(fd, trap, sizeof trap, offset) != (ssize_t)sizeof trap)
		must(err_errno("trap"));
}

static void
read_names(struct arena *arena, struct map *names)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		map_set(arena, names, arena_string(arena, line), NULL);
	}
}

/* The one file of the directory that is the image: neither its facts nor its sites. */
static const char *
image_file(struct arena *arena, int dir)
{
	char **names;
	size_t count;

	must(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], FACTS_FILE) != 0 &&
			strcmp(names[i], GENERATION_SITES) != 0)
			return names[i];
	must(err_set(ERR_NOT_FOUND, "the directory has no image"));
	return NULL;
}

static unsigned long
plant(struct arena *arena, int dir, const struct facts *facts)
{
	struct map names = { 0 };
	const char *name = image_file(arena, dir);
	int fd AUTO(file_close) = -1;
	struct str image;
	unsigned long count = 0;

	read_names(arena, &names);
	must(file_read(arena, dir, name, FILE_MAX, &image));
	must(file_open_beneath(dir, name, O_RDWR, 0, &fd));
	for (uint32_t i = 0; i < facts->entity_count; i++) {
		struct facts_entity entity = facts_entity(facts, i);
		off_t offset = offset_of(image, entity.address);

		if ((entity.flags & FACTS_FUNCTION) == 0 || offset < 0 ||
			!map_has(&names, key_of(arena, facts, &entity)))
			continue;
		write_trap(fd, offset);
		count++;
	}
	return count;
}

int
main(int argc, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int dir AUTO(file_close) = -1;
	struct facts facts;
	struct str bytes;

	if (argc != 3) {
		fprintf(stderr, "usage: plant list|trap DIRECTORY\n");
		return 2;
	}
	must(file_open_dir(AT_FDCWD, argv[2], &dir));
	must(file_read(arena, dir, FACTS_FILE, FILE_MAX, &bytes));
	must(facts_open(bytes, &facts));
	if (strcmp(argv[1], "trap") == 0) {
		printf("%lu\n", plant(arena, dir, &facts));
		return 0;
	}
	for (uint32_t i = 0; i < facts.entity_count; i++) {
		struct facts_entity entity = facts_entity(&facts, i);

		if ((entity.flags & FACTS_FUNCTION) != 0)
			puts(key_of(arena, &facts, &entity));
	}
	return 0;
}
