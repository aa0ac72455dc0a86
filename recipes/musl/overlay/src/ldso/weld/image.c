/* SPDX-License-Identifier: MIT */
/*
 * The list of images, notes, and mapping. The mapper has mapped the program's slots before
 * libc runs; here they get entries when somebody asks. What is read of a file is checked
 * against its size: a damaged one is an error, never a crash.
 */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dynlink.h"
#include "fork_impl.h"
#include "image.h"
#include "pthread_impl.h"

#define SEGMENTS_MAX 32
#define PAGE ((uint64_t)libc.page_size)

#define malloc __libc_malloc
#define calloc __libc_calloc
#define free __libc_free

#define MAP_AT (MAP_PRIVATE | 0x100000 /* MAP_FIXED_NOREPLACE */)

unsigned long long __weld_adds, __weld_subs;

static pthread_mutex_t mutex = { { { PTHREAD_MUTEX_RECURSIVE } } };
static struct image *first;

void __weld_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void __weld_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

/* fork() holds the lock while it copies; in the child nobody else is left to hold it. */
void __ldso_atfork(int who)
{
	if (who < 0) pthread_mutex_lock(&mutex);
	else if (!who) pthread_mutex_unlock(&mutex);
	else mutex = (pthread_mutex_t){ { { PTHREAD_MUTEX_RECURSIVE } } };
}

/* Whether all that a note in a file refers to lies in it. */
static int is_sound_note(const struct image_note *note, uint64_t size)
{
	const char *strings;

	if (note->slot_count > IMAGE_SLOTS_MAX || !note->strings_size
	    || sizeof *note + (uint64_t)note->slot_count * sizeof *note->slots
	    + note->strings_size > size)
		return 0;
	strings = image_note_string(note, 0);
	if (strings[note->strings_size - 1] || note->name >= note->strings_size) return 0;
	for (uint32_t i = 0; i < note->slot_count; i++)
		if (note->slots[i].name >= note->strings_size
		    || note->slots[i].path >= note->strings_size
		    || note->slots[i].exact_path >= note->strings_size)
			return 0;
	return 1;
}

/* The note among the segments of a file. */
static const struct image_note *find_note(const struct image *image, struct file file)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		Elf64_Phdr segment = image->segments[i];
		const struct image_note *note;
		if (segment.p_offset > file.size || segment.p_filesz > file.size - segment.p_offset
		    || segment.p_offset % 4)
			continue;
		segment.p_vaddr = (uintptr_t)(file.at + segment.p_offset);
		segment.p_memsz = segment.p_filesz;
		note = image_note_at(&segment);
		if (note && is_sound_note(note, segment.p_filesz)) return note;
	}
	return 0;
}

/* The note among segments that are mapped. */
static const struct image_note *own_note(const struct image *image)
{
	const struct image_note *note = 0;

	for (size_t i = 0; i < image->segment_count && !note; i++)
		note = image_note_at(&image->segments[i]);
	return note;
}

static size_t aux_value(size_t tag)
{
	for (size_t *aux = libc.auxv; aux[0]; aux += 2)
		if (aux[0] == tag) return aux[1];
	return 0;
}

/* A slot that the mapper mapped. */
static struct image *list_slot(const struct image_note *program, const struct image_slot *slot)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)slot->base;
	struct image *image = calloc(1, sizeof *image);

	if (!image) return 0;
	image->map.l_name = (char *)image_note_string(program, slot->path);
	image->segments = (const Elf64_Phdr *)(slot->base + header->e_phoff);
	image->segment_count = header->e_phnum;
	image->note = own_note(image);
	image->is_global = 1;
	return image;
}

static void append(struct image *image)
{
	struct link_map *last = &first->map;

	while (last->l_next) last = last->l_next;
	last->l_next = &image->map;
	image->map.l_prev = last;
}

struct image *__weld_program(void)
{
	struct image *program = first;

	if (program) return program;
	program = calloc(1, sizeof *program);
	if (!program) return 0;
	program->map.l_name = (char *)"";
	program->segments = (const Elf64_Phdr *)aux_value(AT_PHDR);
	program->segment_count = aux_value(AT_PHNUM);
	program->is_global = 1;
	program->note = own_note(program);
	program->needs = calloc(image_slots(program) + 1, sizeof *program->needs);
	if (!program->needs) {
		free(program);
		return 0;
	}
	first = program;
	for (uint32_t i = 0; i < image_slots(program); i++) {
		struct image *slot = list_slot(program->note, &program->note->slots[i]);
		if (!slot) {
			/* Half a list would be wrong for good: begin again next time. */
			first = 0;
			return 0;
		}
		program->needs[i] = slot;
		append(slot);
	}
	return program;
}

struct image *__weld_from_handle(void *handle)
{
	for (struct image *i = first; i; i = image_next(i))
		if (i == handle && (!i->is_brought || i->references > 0)) return i;
	__dl_seterr("Invalid library handle %p", handle);
	return 0;
}

int __dl_invalid_handle(void *handle)
{
	struct image *image;

	__weld_lock();
	image = __weld_from_handle(handle);
	__weld_unlock();
	return !image;
}

int __weld_map_file(const char *path, struct file *ret_file)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0) return -1;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		errno = ENOEXEC;
		return -1;
	}
	at = mmap(0, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED) return -1;
	*ret_file = (struct file){ at, st.st_size };
	return 0;
}

void __weld_unmap_file(struct file *file)
{
	if (file->at) munmap((void *)file->at, file->size);
	*file = (struct file){ 0 };
}

static int is_for_this_machine(const Elf64_Ehdr *header)
{
	const struct image *program = first;
	const Elf64_Ehdr *own = 0;

	/* The program's own header stands at the beginning of the segment with its headers. */
	for (size_t i = 0; i < program->segment_count; i++) {
		const Elf64_Phdr *s = &program->segments[i];
		if (s->p_type == PT_LOAD && !s->p_offset) own = (void *)s->p_vaddr;
	}
	return !own || own->e_machine == header->e_machine;
}

const char *__weld_check_file(struct file file, struct image *image)
{
	const Elf64_Ehdr *header = (const void *)file.at;

	if (file.size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG))
		return "is not an ELF file";
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || !is_for_this_machine(header))
		return "is not for this machine";
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > SEGMENTS_MAX
	    || header->e_phoff % 8 || header->e_phoff > file.size
	    || header->e_phnum * sizeof(Elf64_Phdr) > file.size - header->e_phoff)
		return "has program headers that cannot be read";
	image->segments = (const void *)(file.at + header->e_phoff);
	image->segment_count = header->e_phnum;
	image->note = find_note(image, file);
	if (header->e_type != ET_EXEC || !image->note)
		return "is not a plug-in that weld linked";
	return 0;
}

/* Whether a segment lies in its image's range and in the file. */
static int is_sound(const Elf64_Phdr *s, const struct image_note *note, uint64_t size,
	size_t file_size)
{
	return s->p_filesz <= s->p_memsz && s->p_offset <= file_size
		&& s->p_filesz <= file_size - s->p_offset
		&& (s->p_vaddr - s->p_offset) % PAGE == 0 && s->p_vaddr >= note->base
		&& s->p_memsz <= size && s->p_vaddr - note->base <= size - s->p_memsz;
}

static int map_at(uint64_t start, uint64_t end, int protection, int flags, int fd, uint64_t offset)
{
	void *at = (void *)(uintptr_t)start;
	void *got;

	if (start == end) return 0;
	got = mmap(at, end - start, protection, MAP_AT | flags, fd, offset);
	if (got == at) return 0;
	if (got != MAP_FAILED) munmap(got, end - start);
	return -1;
}

static int map_segment(const Elf64_Phdr *s, int fd)
{
	int protection = (s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0)
		| (s->p_flags & PF_X ? PROT_EXEC : 0);
	uint64_t start = s->p_vaddr & -PAGE;
	uint64_t file_end = s->p_vaddr + s->p_filesz;
	uint64_t middle = s->p_filesz ? (file_end + PAGE - 1) & -PAGE : start;
	uint64_t end = (s->p_vaddr + s->p_memsz + PAGE - 1) & -PAGE;

	if (map_at(start, middle, protection, 0, fd, s->p_offset & -PAGE) < 0) return -1;
	if (s->p_memsz > s->p_filesz && s->p_flags & PF_W && middle > file_end)
		memset((void *)(uintptr_t)file_end, 0, middle - file_end);
	if (end > middle && map_at(middle, end, protection, MAP_ANONYMOUS, -1, 0) < 0) {
		if (middle > start) munmap((void *)(uintptr_t)start, middle - start);
		return -1;
	}
	return 0;
}

static void unmap_some(const struct image *image, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const Elf64_Phdr *s = &image->segments[i];
		uint64_t start = s->p_vaddr & -PAGE;
		if (s->p_type == PT_LOAD && s->p_memsz)
			munmap((void *)(uintptr_t)start,
				((s->p_vaddr + s->p_memsz + PAGE - 1) & -PAGE) - start);
	}
}

void __weld_unmap_segments(const struct image *image)
{
	unmap_some(image, image->segment_count);
}

const char *__weld_map_segments(const char *path, struct image *image, uint64_t size)
{
	int fd;

	for (size_t i = 0; i < image->segment_count; i++)
		if (image->segments[i].p_type == PT_LOAD
		    && !is_sound(&image->segments[i], image->note, size, image->file.size))
			return "has a segment outside its address range";
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return "cannot be opened again";
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *s = &image->segments[i];
		if (s->p_type != PT_LOAD || !s->p_memsz || !map_segment(s, fd)) continue;
		unmap_some(image, i);
		close(fd);
		return "its address range is not free";
	}
	close(fd);
	append(image);
	return 0;
}

struct image *__weld_find_address(uintptr_t address)
{
	for (struct image *image = __weld_program(); image; image = image_next(image))
		for (size_t i = 0; i < image->segment_count; i++) {
			const Elf64_Phdr *s = &image->segments[i];
			if (s->p_type == PT_LOAD && address >= s->p_vaddr
			    && address - s->p_vaddr < s->p_memsz)
				return image;
		}
	return 0;
}
