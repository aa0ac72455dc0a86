/* SPDX-License-Identifier: MIT */
/*
 * The file system is a file in memory while it is worked on: as large as its contents, not as the
 * partition. What is written is always made anew, so that times are those of this build.
 */
#include "kernel-iface/boot/esp.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/span.h"
#include "kernel-iface/boot/tool.h"

#include <string.h>
#include <unistd.h>

#define MTOOLS "mtools"
#define FIRST_DATE 315532800 /* seconds since 1970: FAT knows no time before 1980 */

void
esp_close(struct esp *esp)
{
	if (esp->fd > 0)
		file_close(&esp->fd);
	esp->fd = 0;
}

static int64_t
fat_date(int64_t date)
{
	return date < FIRST_DATE ? FIRST_DATE : date;
}

/* Run one of mtools on the file system. */
static int
run(struct arena *arena, const struct esp *esp, const char *const *argv, int in, int out)
{
	struct tool tool = { .package = MTOOLS,
		.argv = argv,
		.source_date = esp->source_date,
		.stdin_fd = in,
		.stdout_fd = out,
		.fds = { esp->fd } };

	return tool_run(arena, &tool);
}

static const char *
inside(struct arena *arena, const char *name)
{
	return arena_printf(arena, "::/%s", name);
}

int
esp_create(struct arena *arena, uint64_t size, const struct digest *identity,
	int64_t source_date, struct esp *ret_esp)
{
	struct esp esp AUTO(esp_close) = { .source_date = fat_date(source_date) };
	const uint8_t *id = identity->bytes;
	const char *path;

	TRY(file_memory("weld-boot", &esp.fd));
	if (ftruncate(esp.fd, (off_t)size) < 0)
		return err_errno("weld-boot: %llu bytes", (unsigned long long)size);
	path = tool_fd_path(arena, esp.fd);
	TRY(tool_run(arena, &(struct tool){ .package = "dosfstools",
				    .argv = (const char *const[]){ "mkfs.vfat", "--invariant",
					    "-F", "32", "-s", "1", "-n", "WELD-BOOT", "-i",
					    arena_printf(arena, "%02x%02x%02x%02x", id[0],
						    id[1], id[2], id[3]),
					    path, NULL },
				    .source_date = source_date,
				    .fds = { esp.fd } }));
	TRY(run(arena, &esp,
		(const char *const[]){
			"mmd", "-i", path, "::/EFI", "::/EFI/BOOT", "::/weld", NULL },
		0, 0));
	*ret_esp = esp;
	esp.fd = 0;
	return 0;
}

int
esp_open(int disk, uint64_t offset, uint64_t size, int64_t source_date, struct esp *ret_esp)
{
	struct esp esp AUTO(esp_close) = { .source_date = fat_date(source_date) };
	uint8_t sector[512];

	TRY(span_read(disk, offset, sector, sizeof sector));
	if (span_u16(sector + 510) != 0xaa55 || span_u16(sector + 11) != 512)
		return err_set(ERR_FORMAT, "weld-boot is not a FAT file system");
	TRY(file_memory("weld-boot", &esp.fd));
	if (ftruncate(esp.fd, (off_t)size) < 0)
		return err_errno("weld-boot: %llu bytes", (unsigned long long)size);
	TRY(span_copy(disk, offset, esp.fd, 0, size));
	*ret_esp = esp;
	esp.fd = 0;
	return 0;
}

int
esp_write_file(struct arena *arena, const struct esp *esp, const char *name, int file)
{
	int ret;

	if (lseek(file, 0, SEEK_SET) < 0)
		return err_errno("%s", name);
	ret = run(arena, esp,
		(const char *const[]){ "mcopy", "-o", "-i", tool_fd_path(arena, esp->fd), "-",
			inside(arena, name), NULL },
		file, 0);
	if (ret < 0 && strstr(err_message(), "full") != NULL)
		return err_set(ERR_NO_SPACE,
			"weld-boot is full: no room for %s (make a new disk, or one with fewer "
			"kernels)",
			name);
	return err_context(ret, "weld-boot: %s", name);
}

int
esp_write(struct arena *arena, const struct esp *esp, const char *name, struct str contents)
{
	int file AUTO(file_close) = -1;

	TRY(file_memory("contents", &file));
	TRY(file_write_fd(file, contents.at, contents.len));
	return esp_write_file(arena, esp, name, file);
}

int
esp_read(struct arena *arena, const struct esp *esp, const char *name, size_t limit,
	struct str *ret_contents)
{
	int file AUTO(file_close) = -1;
	int ret;

	TRY(file_memory("contents", &file));
	ret = run(arena, esp,
		(const char *const[]){ "mcopy", "-i", tool_fd_path(arena, esp->fd),
			inside(arena, name), "-", NULL },
		0, file);
	if (ret == ERR_FAILED)
		return err_set(ERR_FORMAT, "weld-boot: %s is missing or damaged", name);
	TRY(ret);
	return err_context(
		file_read_fd(arena, file, limit, ret_contents), "weld-boot: %s", name);
}

bool
esp_has(struct arena *arena, const struct esp *esp, const char *name)
{
	return run(arena, esp,
		       (const char *const[]){ "mdir", "-b", "-i", tool_fd_path(arena, esp->fd),
			       inside(arena, name), NULL },
		       0, 0) >= 0;
}
