/* SPDX-License-Identifier: MIT */
/*
 * The start code of every program: map its slots, then enter libc.
 *
 * Freestanding: when it runs, libc is not there yet, and nothing is to be
 * relocated. For each slot in the program's note: open, one read of the first
 * bytes, check the slot's own note, map each segment at its address, close.
 * On any mismatch the program ends with status 127 and one line that says why. The slots' directory is
 * opened once where there are several: the kernel walks a path for each part of it.
 *
 * Order of constructors: slots as the note lists them, then the program's own.
 * Destructors run the other way round.
 */
#include "kernel-iface/mapper/elf_layout.h"
#include "kernel-iface/mapper/note_layout.h"
#include "kernel-iface/mapper/slot_list.h"
#include "kernel-iface/mapper/type_words.h"

#include <stdbool.h>
#include <stddef.h>

#if defined(__x86_64__)
#include "kernel-iface/mapper/arch_x86_64.h"
#elif defined(__aarch64__)
#include "kernel-iface/mapper/arch_aarch64.h"
#elif defined(__riscv)
#include "kernel-iface/mapper/arch_riscv64.h"
#endif

#define FIRST_READ 1024 /* bytes: ELF header, program headers and, as a rule, the note */
#define SEGMENTS_MAX 16
#define EXIT_NOT_RUN 127
#define FILL_SIZE 1 /* bytes, of a segment that nobody uses: elf_binding.h */

#define SEVERAL 4 /* slots from which on opening their directory costs less than it saves */
#define DIRECTORY_MAX 192 /* bytes of its path: a root's has 128 at most */

#define AT_FDCWD (-100)
#define O_CLOEXEC 02000000
#define O_PATH 010000000
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define SEEK_END 2
#define MAP_PRIVATE 0x02
#define MAP_ANONYMOUS 0x20
#define MAP_FIXED_NOREPLACE 0x100000

#define HIDDEN __attribute__((visibility("hidden")))
#define WEAK __attribute__((weak))

typedef void start_function(int argc, char **argv, char **envp);
typedef void end_function(void);

extern int main(int argc, char **argv, char **envp);
extern _Noreturn int __libc_start_main(int (*main)(int, char **, char **), int argc,
	char **argv, start_function *init, end_function *fini);

/* The linker's note object defines it; a program without slots need not have one. */
extern const struct note_header __weld_image_note[] WEAK HIDDEN;

extern start_function *const __preinit_array_start[] WEAK HIDDEN;
extern start_function *const __preinit_array_end[] WEAK HIDDEN;
extern start_function *const __init_array_start[] WEAK HIDDEN;
extern start_function *const __init_array_end[] WEAK HIDDEN;
extern end_function *const __fini_array_start[] WEAK HIDDEN;
extern end_function *const __fini_array_end[] WEAK HIDDEN;

struct functions { /* of one slot */
	start_function *const *init;
	end_function *const *fini;
	uint64_t init_count;
	uint64_t fini_count;
};

struct directory { /* where the slots' files are */
	const char *path;
	size_t length; /* bytes of the path, up to the last slash; 0: it is not open */
	int fd;
};

struct image { /* what was read of a slot's file */
	_Alignas(16) unsigned char bytes[FIRST_READ];
	uint64_t length; /* bytes read */
	int fd;
};

static struct {
	struct slot_list list;
	struct listed_slot listed[SLOTS_MAX];
	/* Touched only when a slot has constructors or destructors: most have none. */
	struct functions functions[SLOTS_MAX];
	uint32_t count; /* of functions */
} kept;

/* The name by which debuggers find the list. */
HIDDEN extern struct slot_list _r_debug __attribute__((alias("kept")));

static const char *
note_string(uint32_t offset)
{
	const struct note_header *note = __weld_image_note;
	const char *strings =
		(const char *)(note + 1) + (size_t)note->slot_count * sizeof(struct note_slot);

	return strings + offset;
}

static void
print(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	kernel_call(NUMBER_WRITE, 2, (long)text, (long)length, 0, 0, 0);
}

/* End the program: "weld: bin/jq: slot z: BEFORE PATH AFTER (run 'weld relink')". */
static _Noreturn void
refuse(const struct note_slot *slot, const char *before, const char *path, const char *after)
{
	print("weld: ");
	print(note_string(__weld_image_note->name));
	print(": slot ");
	print(note_string(slot->name));
	print(": ");
	print(before);
	print(path);
	print(after);
	print(" (run 'weld relink')\n");
	for (;;)
		kernel_call(NUMBER_EXIT_GROUP, EXIT_NOT_RUN, 0, 0, 0, 0, 0);
}

static _Noreturn void
refuse_file(const struct note_slot *slot, const char *after)
{
	refuse(slot, "", note_string(slot->path), after);
}

static uint64_t
page_size(char **envp)
{
	const uint64_t *aux;

	while (*envp != NULL)
		envp++;
	for (aux = (const uint64_t *)(envp + 1); aux[0] != AUX_END; aux += 2)
		if (aux[0] == AUX_PAGE_SIZE)
			return aux[1];
	return 4096;
}

/* Valgrind reads symbols only of files with a writable mapping. It has a library preloaded. */
static bool
is_watched(char **envp)
{
	static const char name[] = "LD_PRELOAD=";

	for (; *envp != NULL; envp++) {
		unsigned length = 0;

		while (name[length] != '\0' && (*envp)[length] == name[length])
			length++;
		if (name[length] == '\0')
			return true;
	}
	return false;
}

/* Open the directory of a file. When that cannot be done files are opened by their whole paths. */
static void
open_directory(const char *path, struct directory *directory)
{
	char name[DIRECTORY_MAX];
	size_t length = 0;
	long fd;

	for (size_t i = 0; path[i] != '\0' && i < sizeof name - 1; i++) {
		name[i] = path[i];
		if (path[i] == '/')
			length = i + 1;
	}
	name[length] = '\0';
	fd = kernel_call(NUMBER_OPENAT, AT_FDCWD, (long)name, O_PATH | O_CLOEXEC, 0, 0, 0);
	if (length == 0 || fd < 0)
		return;
	*directory = (struct directory){ path, length, (int)fd };
}

static bool
is_in(const struct directory *directory, const char *path)
{
	for (size_t i = 0; i < directory->length; i++)
		if (path[i] != directory->path[i])
			return false;
	return directory->length > 0;
}

static int
open_slot(const struct note_slot *slot, const struct directory *directory)
{
	const char *path = note_string(slot->path);
	bool is_near = is_in(directory, path);
	long fd = kernel_call(NUMBER_OPENAT, is_near ? directory->fd : AT_FDCWD,
		(long)(is_near ? path + directory->length : path), O_CLOEXEC, 0, 0, 0);

	if (fd < 0)
		fd = kernel_call(NUMBER_OPENAT, AT_FDCWD, (long)note_string(slot->exact_path),
			O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		refuse(slot, "cannot open ", path, "");
	return (int)fd;
}

static const struct elf_segment *
segments_of(const struct image *image, const struct note_slot *slot, unsigned *ret_count)
{
	const struct elf_header *header = (const struct elf_header *)image->bytes;

	if (image->length < sizeof *header || header->magic != ELF_MAGIC)
		refuse_file(slot, " is not an ELF file");
	if (header->class != ELF_CLASS_64 || header->type != ELF_EXEC ||
		header->machine != ELF_MACHINE)
		refuse_file(slot, " is not a slot for this machine");
	if (header->segment_size != sizeof(struct elf_segment) ||
		header->segment_count > SEGMENTS_MAX || header->segments_offset % 8 != 0 ||
		header->segments_offset > image->length ||
		image->length - header->segments_offset <
			header->segment_count * sizeof(struct elf_segment))
		refuse_file(slot, " has program headers that cannot be read");
	*ret_count = header->segment_count;
	return (const struct elf_segment *)(image->bytes + header->segments_offset);
}

/* The slot's own note: as a rule it is among the bytes that were read already. */
static const struct note_header *
note_of(const struct image *image, const struct note_slot *slot,
	const struct elf_segment *segments, unsigned count, struct note_header *buffer)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t offset = segments[i].offset;
		const struct note_header *note = buffer;

		if (segments[i].type != SEGMENT_NOTE || segments[i].file_size < sizeof *note)
			continue;
		if (offset <= image->length && image->length - offset >= sizeof *note)
			note = (const struct note_header *)(image->bytes + offset);
		else if (kernel_call(NUMBER_PREAD64, image->fd, (long)buffer, sizeof *buffer,
				 (long)offset, 0, 0) != sizeof *buffer)
			break;
		if (note->owner_size == NOTE_OWNER_SIZE && note->type == 1 &&
			*(const uint64_t *)note->owner == 0x646c6577 /* "weld" */)
			return note;
	}
	refuse_file(slot, " has no image note");
}

static void
check_note(const struct note_slot *slot, const struct note_header *note)
{
	unsigned difference = 0;

	if (note->version != NOTE_VERSION || note->kind != 2)
		refuse_file(
			slot, " has an image note of a kind that this program does not know");
	for (unsigned i = 0; i < sizeof slot->layout_id; i++)
		difference |= slot->layout_id[i] ^ note->layout_id[i];
	if (difference != 0)
		refuse(slot, "layout id of ", note_string(slot->path),
			" is not the one this program was linked with");
	if (note->base != slot->base || note->size_in_memory > slot->size)
		refuse_file(slot, " is linked for another address");
}

/* Map pages where nothing may be yet. */
static void
map(const struct note_slot *slot, uint64_t address, uint64_t length, int protection, int fd,
	uint64_t offset)
{
	long flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_ANONYMOUS : 0);
	long ret = kernel_call(
		NUMBER_MMAP, (long)address, (long)length, protection, flags, fd, (long)offset);

	if (ret != (long)address)
		refuse(slot, "cannot map ", note_string(slot->path),
			": its address range is not free");
}

/*
 * Map one segment: its pages in the file, then zeros up to its size in memory.
 *
 * Its range lies within the slot's: checked by the caller.
 */
static void
map_segment(
	const struct note_slot *slot, const struct elf_segment *segment, int fd, uint64_t page)
{
	int protection = (segment->flags & SEGMENT_READ ? PROT_READ : 0) |
			 (segment->flags & SEGMENT_WRITE ? PROT_WRITE : 0) |
			 (segment->flags & SEGMENT_EXECUTE ? PROT_EXEC : 0);
	uint64_t start = segment->address & -page;
	uint64_t file_end = segment->address + segment->file_size;
	uint64_t file_pages_end = (file_end + page - 1) & -page;
	uint64_t end = (segment->address + segment->memory_size + page - 1) & -page;

	if (segment->file_size == 0)
		file_pages_end = start;
	else
		map(slot, start, file_pages_end - start, protection, fd,
			segment->offset & -page);
	if (segment->memory_size > segment->file_size && (segment->flags & SEGMENT_WRITE) != 0)
		for (volatile char *at = (volatile char *)file_end;
			at < (volatile char *)file_pages_end; at++)
			*at = 0;
	if (end > file_pages_end)
		map(slot, file_pages_end, end - file_pages_end, protection, -1, 0);
}

static bool
is_inside(const struct note_slot *slot, const struct elf_segment *segment, uint64_t page)
{
	uint64_t end;

	return segment->file_size <= segment->memory_size &&
	       (segment->address - segment->offset) % page == 0 &&
	       !__builtin_add_overflow(segment->address, segment->memory_size, &end) &&
	       segment->address >= slot->base && end <= slot->base + slot->size;
}

/* Returns whether there are any. */
static bool
keep_functions(const struct note_header *note)
{
	struct functions *functions;

	if (note->init_count == 0 && note->fini_count == 0)
		return false;
	functions = &kept.functions[kept.count++];
	functions->init = (start_function *const *)note->init_array;
	functions->init_count = note->init_count;
	functions->fini = (end_function *const *)note->fini_array;
	functions->fini_count = note->fini_count;
	return true;
}

/* Returns whether the slot has constructors or destructors. */
static bool
map_slot(const struct note_slot *slot, const struct directory *directory, uint64_t page,
	bool is_watched)
{
	struct note_header buffer;
	struct image image;
	const struct note_header *note;
	const struct elf_segment *segments;
	uint64_t file_end = 0;
	bool has_functions;
	unsigned count;
	long length;

	image.fd = open_slot(slot, directory);
	length = kernel_call(
		NUMBER_READ, image.fd, (long)image.bytes, sizeof image.bytes, 0, 0, 0);
	if (length < 0)
		refuse(slot, "cannot read ", note_string(slot->path), "");
	image.length = (uint64_t)length;
	segments = segments_of(&image, slot, &count);
	note = note_of(&image, slot, segments, count, &buffer);
	check_note(slot, note);
	has_functions = keep_functions(note);
	for (unsigned i = 0; i < count; i++) {
		if (segments[i].type != SEGMENT_LOAD || segments[i].memory_size == 0 ||
			(segments[i].memory_size == FILL_SIZE && !is_watched))
			continue;
		if (!is_inside(slot, &segments[i], page))
			refuse_file(slot, " has a segment outside its address range");
		map_segment(slot, &segments[i], image.fd, page);
		if (segments[i].offset + segments[i].file_size > file_end)
			file_end = segments[i].offset + segments[i].file_size;
	}
	/* Pages beyond the end of a file can be mapped, and kill whoever reads them. */
	length = kernel_call(NUMBER_LSEEK, image.fd, 0, SEEK_END, 0, 0, 0);
	if (length < 0 || (uint64_t)length < file_end)
		refuse_file(slot, " is cut short");
	kernel_call(NUMBER_CLOSE, image.fd, 0, 0, 0, 0, 0);
	return has_functions;
}

static void
call_all(start_function *const *at, start_function *const *end, int argc, char **argv,
	char **envp)
{
	for (; at < end; at++)
		(*at)(argc, argv, envp);
}

HIDDEN void run_own_constructors(int argc, char **argv, char **envp);
HIDDEN void run_constructors(int argc, char **argv, char **envp);
HIDDEN void run_own_destructors(void);
HIDDEN void run_destructors(void);

extern HIDDEN start_function weld_start_own, weld_start_all;
extern HIDDEN end_function weld_end_own, weld_end_all;

TYPE_ENTRY(weld_start_own, run_own_constructors, TYPE_WORD_START);
TYPE_ENTRY(weld_start_all, run_constructors, TYPE_WORD_START);
TYPE_ENTRY(weld_end_own, run_own_destructors, TYPE_WORD_END);
TYPE_ENTRY(weld_end_all, run_destructors, TYPE_WORD_END);

/* The pairs for programs none of whose slots has functions do not touch `kept`. */
HIDDEN void
run_own_constructors(int argc, char **argv, char **envp)
{
	call_all(__preinit_array_start, __preinit_array_end, argc, argv, envp);
	call_all(__init_array_start, __init_array_end, argc, argv, envp);
}

HIDDEN void
run_constructors(int argc, char **argv, char **envp)
{
	call_all(__preinit_array_start, __preinit_array_end, argc, argv, envp);
	for (uint32_t i = 0; i < kept.count; i++)
		call_all(kept.functions[i].init,
			kept.functions[i].init + kept.functions[i].init_count, argc, argv,
			envp);
	call_all(__init_array_start, __init_array_end, argc, argv, envp);
}

HIDDEN void
run_own_destructors(void)
{
	for (end_function *const *at = __fini_array_end; at > __fini_array_start;)
		(*--at)();
}

HIDDEN void
run_destructors(void)
{
	run_own_destructors();
	for (uint32_t i = kept.count; i-- > 0;)
		for (uint64_t k = kept.functions[i].fini_count; k-- > 0;)
			kept.functions[i].fini[k]();
}

/* Entered from _start with the stack pointer that the kernel gave. */
HIDDEN _Noreturn void weld_start(long *stack);

/* Map all slots; returns whether any has constructors or destructors. */
static bool
map_slots(const struct note_header *note, char **envp)
{
	const struct note_slot *slots = (const struct note_slot *)(note + 1);
	struct directory directory = { .fd = -1 };
	uint64_t page = page_size(envp);
	bool watched = is_watched(envp);
	bool has_functions = false;

	if (note->slot_count >= SEVERAL)
		open_directory(note_string(slots[0].path), &directory);
	for (uint32_t i = 0; i < note->slot_count; i++) {
		has_functions |= map_slot(&slots[i], &directory, page, watched);
		list_slot(&kept.list, kept.listed, i, note_string(slots[i].path));
	}
	if (directory.length > 0)
		kernel_call(NUMBER_CLOSE, directory.fd, 0, 0, 0, 0, 0);
	_dl_debug_state();
	return has_functions;
}

_Noreturn void
weld_start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	const struct note_header *note = __weld_image_note;
	bool has_functions = false;

	if (note != NULL && note->slot_count > 0)
		has_functions = map_slots(note, argv + argc + 1);
	if (has_functions)
		__libc_start_main(main, argc, argv, weld_start_all, weld_end_all);
	__libc_start_main(main, argc, argv, weld_start_own, weld_end_own);
}
