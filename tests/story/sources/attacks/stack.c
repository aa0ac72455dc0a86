/* SPDX-License-Identifier: MIT */
/* What goes wrong with a stack: written over, jumped out of, read beyond. */
#include "attack.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define VICTIM_SIZE ((size_t)512 << 10) /* bytes */
#define GUARD_SIZE ((size_t)64 << 10) /* bytes: one page, however large */
#define STACK_SIZE ((size_t)128 << 10) /* bytes */
#define FRAME_SIZE ((size_t)384 << 10) /* bytes: more than stack and guard */
#define SECRET "the secret of the caller"

/* More words than there is room for: one of them comes to stand where the return address was. */
static __attribute__((noinline)) void
copy_words(const uintptr_t *from, size_t count)
{
	volatile uintptr_t room[4];

	for (size_t i = 0; i < count; i++)
		room[i] = from[i];
}

void
attack_return_address(void)
{
	uintptr_t words[24];

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		words[i] = (uintptr_t)forbidden;
	copy_words(words, sizeof words / sizeof words[0] + nothing);
}

/* A frame so large that its far end lies behind the guard page. */
static __attribute__((noinline)) int
use_large_frame(int value)
{
	volatile char frame[FRAME_SIZE];

	frame[nothing] = (char)value;
	return frame[nothing];
}

static void *
run_with_large_frame(void *data)
{
	(void)use_large_frame('!');
	return data;
}

/* Memory of somebody else, a guard page, and above it the stack of a thread. */
void
attack_guard_page(void)
{
	size_t size = VICTIM_SIZE + GUARD_SIZE + STACK_SIZE;
	char *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;

	if (memory == MAP_FAILED || mprotect(memory + VICTIM_SIZE, GUARD_SIZE, PROT_NONE) < 0 ||
		pthread_attr_init(&attributes) != 0 ||
		pthread_attr_setstack(
			&attributes, memory + VICTIM_SIZE + GUARD_SIZE, STACK_SIZE) != 0 ||
		pthread_create(&thread, &attributes, run_with_large_frame, NULL) != 0 ||
		pthread_join(thread, NULL) != 0)
		return;
	if (memchr(memory, '!', VICTIM_SIZE) != NULL)
		reached("the memory behind the guard page");
}

static __attribute__((noinline)) void
compose(char *message, size_t length)
{
	for (size_t i = 0; i < length; i++)
		message[i] = (char)('a' + i + nothing);
}

/* Answer with as many bytes as the other side says it had sent. */
static __attribute__((noinline)) void
answer(char *to, size_t length)
{
	char message[16];

	compose(message, sizeof message);
	for (size_t i = 0; i < length; i++)
		to[i] = message[i];
}

static int
holds_secret(const char *bytes, size_t length)
{
	for (size_t i = 0; i + sizeof SECRET <= length; i++)
		if (memcmp(bytes + i, SECRET, sizeof SECRET) == 0)
			return 1;
	return 0;
}

void
attack_overread(void)
{
	static char got[512];
	volatile char secret[sizeof SECRET];

	for (size_t i = 0; i < sizeof SECRET; i++)
		secret[i] = SECRET[i];
	answer(got, sizeof got / 2 + nothing);
	if (secret[nothing] != '\0' && holds_secret(got, sizeof got))
		reached("the secret of the caller");
}
