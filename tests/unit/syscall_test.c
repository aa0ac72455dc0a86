/* SPDX-License-Identifier: MIT */
/* The neutral table against the kernel's headers, and what must not be made in line. */
#include "kernel-iface/syscall.h"

#include "kernel-iface/syscalls/table.h"
#include "tests/lib/neutral_numbers.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <sys/syscall.h>

static void
test_neutral(void)
{
	int count = 0;

	for (const struct neutral_number *at = neutral_numbers; at->name != NULL;
		at++, count++) {
		const char *name = syscall_name((unsigned)at->number);

		if (name == NULL || strcmp(name, at->name) != 0) {
			tap_is_string(name, at->name, "name of neutral call %d", at->number);
			return;
		}
	}
	tap_ok(true, "%d neutral names are those of the kernel's header", count);
	tap_ok(neutral_numbers_limit >= SYSCALL_LIMIT, "the table knows no invented calls");
	tap_ok(syscall_name(SYSCALL_LIMIT) == NULL && syscall_name(~0U) == NULL,
		"no names above the table");
	tap_ok(syscall_name(244) == NULL && syscall_number(ARCH_AARCH64, 244) == -1,
		"no names for an architecture's private calls");
}

static void
test_x86_64(void)
{
#ifdef __x86_64__
	static const struct neutral_number rows[] = {
#define ROW(neutral, name, x86_64) { #name, SYS_##name },
		SYSCALL_TABLE(ROW)
#undef ROW
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int got = syscall_number(ARCH_X86_64, (unsigned)neutral_numbers[i].number);

		if (got != rows[i].number) {
			tap_is_number(got, rows[i].number, "x86-64 number of %s", rows[i].name);
			return;
		}
	}
	tap_ok(true, "x86-64 numbers are those of the kernel's header");
#else
	tap_skip("x86-64 numbers: this is another machine");
#endif
}

static void
test_others(void)
{
	tap_ok(syscall_number(ARCH_AARCH64, 56) == 56, "AArch64 uses neutral numbers");
	tap_ok(syscall_number(ARCH_AARCH64, 38) == 38, "AArch64 has renameat");
	tap_ok(syscall_number(ARCH_RISCV64, 38) == -1, "RISC-V has no renameat");
	tap_ok(!syscall_is_direct(ARCH_RISCV64, 38), "so it is not direct there");
}

static void
test_direct(void)
{
	static const struct {
		const char *name;
		unsigned neutral;
		bool x86_64, aarch64, riscv64;
	} cases[] = {
		{ "write", 64, true, true, true },
		{ "openat", 56, true, false, true },
		{ "epoll_pwait", 22, false, true, true },
		{ "fstat", 80, false, true, true },
		{ "rt_sigaction", 134, false, false, false },
		{ "rt_sigreturn", 139, false, false, false },
		{ "clone", 220, false, true, true },
		{ "clone3", 435, false, false, false },
		{ "statx", 291, true, true, true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		tap_is_string(syscall_name(cases[i].neutral), cases[i].name, "name");
		tap_ok(syscall_is_direct(ARCH_X86_64, cases[i].neutral) == cases[i].x86_64 &&
				syscall_is_direct(ARCH_AARCH64, cases[i].neutral) ==
					cases[i].aarch64 &&
				syscall_is_direct(ARCH_RISCV64, cases[i].neutral) ==
					cases[i].riscv64,
			"%s is direct where it should be", cases[i].name);
	}
}

int
main(void)
{
	test_neutral();
	test_x86_64();
	test_others();
	test_direct();
	return tap_done();
}
