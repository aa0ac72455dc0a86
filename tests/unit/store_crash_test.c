/* SPDX-License-Identifier: MIT */
/*
 * store: a failure or a kill at every durable step of a transaction leaves the old state or the
 * new one, whole, and the next writer says which.
 *
 * For tests/crash, one step alone: `store_crash_test install ROOT VERSION`;
 * `store_crash_test check ROOT`, which prints the version and fails when something is wrong;
 * `store_crash_test shutdown DIR`, which cuts off the file system that holds DIR.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/lib/installation.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether the file that was changed with the generation is the one that belongs to it. */
static bool
is_choice(struct fixture *it, const struct store *store, const char *version)
{
	struct str text;

	if (generation_read_state_file(it->arena, store, "choice", 4096, &text) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	return str_equal(text, str_from(version));
}

/* What a reader and the next writer see: version 1 or 2, whole, and nothing left over. */
static bool
is_sound(struct fixture *it, const char **ret_version)
{
	struct store *store AUTO(store_close) = NULL;
	struct repair_finding *findings;
	struct query_event *events;
	struct query_generation *generations;
	size_t count;
	size_t known;
	uint64_t current;

	*ret_version = current_text(it, "bin/tool");
	if (store_open(it->root, 0, &store) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	if (!is_choice(it, store, *ret_version))
		return false;
	if (store_lock(store, "check", 1000) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	if (strcmp(current_text(it, "bin/tool"), *ret_version) != 0 ||
		!is_choice(it, store, *ret_version))
		return false;
	if (store_current(store, &current) < 0 ||
		repair_verify(it->arena, store, 0, NULL, &findings, &count) < 0 || count != 0 ||
		query_history(it->arena, store, &events, &count) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (events[i].result == QUERY_PENDING)
			return false;
	if (query_generations(it->arena, store, &generations, &known) < 0)
		return false;
	return known == current; /* 1, or 1 and 2 */
}

#define NOT_REACHED 8 /* exit status: done, and the fault would have come later */

/* Upgrade in a child process with a fault; returns its exit status, or -1 when it was killed. */
static int
upgrade_with_fault(struct fixture *it, unsigned long nth, int number)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *store = NULL;
		unsigned long passed;
		uint64_t generation;
		int ret = 0;

		if (store_open(it->root, 0, &store) < 0 || store_lock(store, "fault", 0) < 0)
			_exit(9);
		passed = file_fault_count();
		file_inject_fault(nth, number);
		ret = transact(store, 2, &generation);
		store_close(&store);
		_exit(ret < 0 ? 1 : file_fault_count() - passed < nth ? NOT_REACHED : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		tap_bail("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
install_first(struct fixture *it)
{
	struct store *store = open_locked(it);
	uint64_t number;

	if (transact(store, 1, &number) < 0)
		tap_bail("%s", err_message());
	store_close(&store);
}

static void
test_faults(const char *name, int number)
{
	int status = 1;
	unsigned long nth = 0;

	/* Some faults do no harm: what could not be done is done in another way, or later. */
	while (status != NOT_REACHED) {
		struct fixture it = fixture_new();
		const char *version = "";
		bool is_fine;

		install_first(&it);
		status = upgrade_with_fault(&it, ++nth, number);
		is_fine = is_sound(&it, &version);
		if (number != FILE_FAULT_KILL)
			is_fine = is_fine && (status == 0 || status == NOT_REACHED) ==
						     (strcmp(version, "program 2\n") == 0);
		else
			is_fine = is_fine && (strcmp(version, "program 1\n") == 0 ||
						     strcmp(version, "program 2\n") == 0);
		if (!is_fine)
			tap_ok(false, "%s at step %lu: status %d, %s", name, nth, status,
				version);
		fixture_free(&it);
		if (nth > 500)
			tap_bail("%s: no end", name);
	}
	tap_ok(nth > 20, "%s at each of %lu steps leaves the old state or the new one", name,
		nth - 1);
}

static void
test_interrupted(void)
{
	struct fixture it = fixture_new();
	struct store *store = NULL;
	unsigned long nth = 0;
	bool said_done = false;
	bool said_not = false;

	/* Find the kills between database commit and rename, and after the rename. */
	while (!said_done || !said_not) {
		fixture_free(&it);
		it = fixture_new();
		install_first(&it);
		if (upgrade_with_fault(&it, ++nth, FILE_FAULT_KILL) == 0)
			break;
		store = open_locked(&it);
		if (store_notice(store) != NULL) {
			said_not = said_not ||
				   strcmp(store_notice(store),
					   "interrupted 'weld install tool 2' was not done; "
					   "generation 1 is current") == 0;
			said_done = said_done ||
				    strcmp(store_notice(store),
					    "interrupted 'weld install tool 2' was done; "
					    "generation 2 is current") == 0;
		}
		store_close(&store);
	}
	tap_ok(said_not, "an interrupted command that was not done is named");
	tap_ok(said_done, "an interrupted command that was done is named");
	fixture_free(&it);
}

/* What is not on the disk yet is lost: for ext4, and root. */
static int
shut_down(const char *path)
{
	uint32_t flags = 2; /* without flushing the journal */
	int fd AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, path, &fd));
	return ioctl(fd, _IOR('X', 125, uint32_t), &flags);
}

static int
run_alone(char **argv)
{
	struct fixture it = { .arena = arena_new(), .root = argv[2] };
	const char *version;
	uint64_t number;
	int status = 1;

	if (strcmp(argv[1], "shutdown") == 0) {
		status = shut_down(argv[2]) < 0;
	} else if (strcmp(argv[1], "install") == 0) {
		struct store *store = NULL;

		if (store_open(it.root, STORE_CREATE, &store) >= 0 &&
			store_lock(store, "alone", 0) >= 0 &&
			transact(store, argv[3][0] - '0', &number) >= 0)
			status = 0;
		else
			tap_note("%s", err_message());
		store_close(&store);
	} else if (is_sound(&it, &version)) {
		fputs(version, stdout);
		status = 0;
	}
	arena_free(&it.arena);
	return status;
}

int
main(int argc, char **argv)
{
	if (argc > 2)
		return run_alone(argv);
	test_faults("EIO", EIO);
	test_faults("ENOSPC", ENOSPC);
	test_faults("a kill", FILE_FAULT_KILL);
	test_interrupted();
	return tap_done();
}
