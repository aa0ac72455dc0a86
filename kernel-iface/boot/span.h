/* SPDX-License-Identifier: MIT */
/*
 * span: bytes at offsets of a file, and little-endian numbers in them.
 */
#ifndef KERNEL_IFACE_BOOT_SPAN_H
#define KERNEL_IFACE_BOOT_SPAN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read exactly `length` bytes at an offset.
 *
 * Errors: ERR_FORMAT (the file ends before), ERR_IO
 */
int span_read(int fd, uint64_t offset, void *ret_bytes, size_t length);

/* Write all bytes at an offset. Errors: ERR_NO_SPACE, ERR_IO */
int span_write(int fd, uint64_t offset, const void *bytes, size_t length);

/*
 * Copy `length` bytes between offsets of two files; what is zero is left as a hole.
 *
 * The target must have nothing but zeros there.
 *
 * Errors: ERR_FORMAT (the source ends before), ERR_NO_SPACE, ERR_IO
 */
int span_copy(int from, uint64_t from_offset, int to, uint64_t to_offset, uint64_t length);

/* Make `length` bytes zero. Errors: ERR_NO_SPACE, ERR_IO */
int span_clear(int fd, uint64_t offset, uint64_t length);

/* Read and write numbers, little endian. */
uint16_t span_u16(const uint8_t *at);
uint32_t span_u32(const uint8_t *at);
uint64_t span_u64(const uint8_t *at);
void span_put_u16(uint8_t *at, uint16_t value);
void span_put_u32(uint8_t *at, uint32_t value);
void span_put_u64(uint8_t *at, uint64_t value);

#endif
