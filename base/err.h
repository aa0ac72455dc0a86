/* SPDX-License-Identifier: MIT */
/*
 * err: how a failure travels from where it happens to who reports it.
 *
 * A function that can fail returns 0 or a positive value on success and one of
 * these negative codes on failure. The code is for the caller, the message
 * (kept per thread) is for the person. Only err_set(), err_errno() and
 * err_context() make codes.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* X(code, value, wire name, exit status) */
#define ERR_CODES(X)                                \
	X(ERR_FAILED, -1, "failed", 1)              \
	X(ERR_USAGE, -2, "usage", 2)                \
	X(ERR_NOT_FOUND, -3, "not-found", 1)        \
	X(ERR_EXISTS, -4, "exists", 1)              \
	X(ERR_IO, -5, "io", 1)                      \
	X(ERR_NO_SPACE, -6, "no-space", 1)          \
	X(ERR_FORMAT, -7, "format", 1)              \
	X(ERR_LIMIT, -8, "limit", 1)                \
	X(ERR_RANGE, -9, "range", 1)                \
	X(ERR_SLOT_FULL, -10, "slot-full", 1)       \
	X(ERR_DIGEST, -11, "digest", 1)             \
	X(ERR_SIGNATURE, -12, "signature", 1)       \
	X(ERR_ROLLBACK, -13, "rollback", 1)         \
	X(ERR_EXPIRED, -14, "expired", 1)           \
	X(ERR_UNRESOLVABLE, -15, "unresolvable", 1) \
	X(ERR_SYMBOL, -16, "symbol", 1)             \
	X(ERR_PROFILE, -17, "profile", 1)           \
	X(ERR_FETCH, -18, "fetch", 1)               \
	X(ERR_LOCKED, -19, "locked", 1)             \
	X(ERR_BUILD, -20, "build", 1)               \
	X(ERR_WORKER, -21, "worker", 1)             \
	X(ERR_CONSENT, -22, "consent", 4)           \
	X(ERR_FINDINGS, -23, "findings", 5)         \
	X(ERR_NOTHING, -24, "nothing", 3)

enum err {
#define ERR_ENUM(code, value, name, status) code = (value),
	ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
};

/*
 * Record a failure with its message and return its code.
 *
 * The message is one line: object first, then what is wrong, then the remedy
 * in parentheses when there is one.
 */
int err_set(enum err code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Record a failed system call: the message gets errno's text appended.
 *
 * Errors: ERR_NO_SPACE for ENOSPC and EDQUOT, ERR_NOT_FOUND for ENOENT,
 * ERR_EXISTS for EEXIST, ERR_IO for all others
 */
int err_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Put "context: " in front of the message when ret is a failure; return ret. */
int err_context(int ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The message of this thread's last failure.
 *
 * Owner: valid until the next err_ call of this thread
 */
const char *err_message(void);

/* The wire name of a code, such as "no-space"; "unknown" for no code. */
const char *err_name(int code);

/* The code of a wire name; ERR_FAILED for a name that is none. */
int err_code(const char *name);

/* The exit status that a command ends with for this code. */
int err_exit_status(int code);

/* Hand a failure on to the caller. */
#define TRY(call)                       \
	do {                            \
		int try_ret = (call);   \
		if (try_ret < 0)        \
			return try_ret; \
	} while (0)

/* Run `destroy(&variable)` when the variable leaves its scope. */
#define AUTO(destroy) __attribute__((cleanup(destroy)))

#endif
