/* SPDX-License-Identifier: MIT */
/*
 * The names of functions, from the symbol tables of the mapped files: what is mapped where
 * stands in /proc/self/maps, and an image is mapped where it was linked.
 *
 * backtrace_symbols_fd() allocates nothing: it may run in a signal handler.
 */
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE (PATH_MAX + 160) /* of /proc/self/maps: six fields, then the path */
#define TEXT (LINE + 512) /* path, name and address */

struct lines {
	int fd;
	size_t at, end;
	char buffer[1024];
};

/* One line, cut at its limit; 0 at the end. */
static int read_line(struct lines *lines, char *line)
{
	size_t length = 0;

	for (;;) {
		if (lines->at == lines->end) {
			ssize_t got = read(lines->fd, lines->buffer, sizeof lines->buffer);
			if (got <= 0) return 0;
			lines->at = 0;
			lines->end = got;
		}
		char c = lines->buffer[lines->at++];
		if (c == '\n') break;
		if (length < LINE - 1) line[length++] = c;
	}
	line[length] = 0;
	return 1;
}

static unsigned long read_hex(const char **text)
{
	unsigned long value = 0;

	for (;; ++*text) {
		if (**text - '0' < 10U) value = value * 16 + (**text - '0');
		else if (**text - 'a' < 6U) value = value * 16 + (**text - 'a' + 10);
		else return value;
	}
}

/* The path of the file that is mapped at an address, within `line`; 0 for none. */
static char *find_file(unsigned long address, char *line)
{
	struct lines lines = { .fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC) };
	char *path = 0;

	if (lines.fd < 0) return 0;
	while (!path && read_line(&lines, line)) {
		const char *at = line;
		unsigned long start = read_hex(&at);

		if (*at++ != '-' || address < start || address >= read_hex(&at)) continue;
		path = strchr(line, '/');
		break;
	}
	close(lines.fd);
	return path;
}

static const char *find_in_table(const char *file, size_t size, const ElfW(Shdr) *table,
	const ElfW(Shdr) *strings, unsigned long address, unsigned long *offset)
{
	const ElfW(Sym) *symbols = (const void *)(file + table->sh_offset), *best = 0;

	if (table->sh_offset > size || table->sh_size > size - table->sh_offset
	    || strings->sh_offset > size || strings->sh_size > size - strings->sh_offset
	    || !strings->sh_size || file[strings->sh_offset + strings->sh_size - 1])
		return 0;
	for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++) {
		const ElfW(Sym) *symbol = symbols + i;

		if ((symbol->st_info & 15) != STT_FUNC || symbol->st_shndx == SHN_UNDEF
		    || symbol->st_shndx == SHN_ABS || address < symbol->st_value
		    || address - symbol->st_value >= symbol->st_size
		    || symbol->st_name >= strings->sh_size)
			continue;
		/* Of several names the one that others can see. */
		if (!best || symbol->st_info >> 4 == STB_GLOBAL) best = symbol;
	}
	if (!best) return 0;
	*offset = address - best->st_value;
	return file + strings->sh_offset + best->st_name;
}

static const char *find_symbol(const char *file, size_t size, unsigned long address,
	unsigned long *offset)
{
	const ElfW(Ehdr) *header = (const void *)file;
	const ElfW(Shdr) *sections;

	if (size < sizeof *header || memcmp(file, ELFMAG, SELFMAG) || header->e_type != ET_EXEC
	    || header->e_shentsize != sizeof *sections || header->e_shoff % 8
	    || header->e_shoff > size
	    || header->e_shnum > (size - header->e_shoff) / sizeof *sections)
		return 0;
	sections = (const void *)(file + header->e_shoff);
	for (size_t i = 0; i < header->e_shnum; i++)
		if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < header->e_shnum)
			return find_in_table(file, size, sections + i,
				sections + sections[i].sh_link, address, offset);
	return 0;
}

/* "PATH(NAME+0xOFFSET) [0xADDRESS]", as glibc writes it. Returns its length. */
static int describe(char *text, void *address)
{
	unsigned long at = (unsigned long)address, offset = 0;
	char line[LINE], *path = find_file(at, line);
	const char *name = 0, *file = MAP_FAILED;
	struct stat status;
	int fd, length;

	if (!path) return snprintf(text, TEXT, "[0x%lx]", at);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size > 0)
		file = mmap(0, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0) close(fd);
	/* What is behind a call that never returns may belong to the next function. */
	if (file != MAP_FAILED) name = find_symbol(file, status.st_size, at - 1, &offset);
	if (name) offset++;
	else if (file != MAP_FAILED) name = find_symbol(file, status.st_size, at, &offset);
	if (name) length = snprintf(text, TEXT, "%s(%.256s+0x%lx) [0x%lx]", path, name, offset, at);
	else length = snprintf(text, TEXT, "%s() [0x%lx]", path, at);
	if (file != MAP_FAILED) munmap((void *)file, status.st_size);
	return length;
}

void backtrace_symbols_fd(void *const *addresses, int size, int fd)
{
	char text[TEXT + 1];

	for (int i = 0; i < size; i++) {
		int length = describe(text, addresses[i]);

		text[length++] = '\n';
		for (int done = 0; done < length;) {
			ssize_t wrote = write(fd, text + done, length - done);
			if (wrote <= 0) return;
			done += wrote;
		}
	}
}

char **backtrace_symbols(void *const *addresses, int size)
{
	char **list, *end, text[TEXT];
	size_t total = 0;

	if (size < 0) return 0;
	for (int i = 0; i < size; i++) total += describe(text, addresses[i]) + 1;
	list = malloc(size * sizeof *list + total);
	if (!list) return 0;
	end = (char *)(list + size);
	for (int i = 0; i < size; i++) {
		size_t length = describe(text, addresses[i]) + 1, rest = total;

		/* What was unmapped meanwhile has a shorter text, never a longer one. */
		if (length > rest) length = rest;
		list[i] = memcpy(end, text, length);
		end[length - 1] = 0;
		end += length;
		total -= length;
	}
	return list;
}
