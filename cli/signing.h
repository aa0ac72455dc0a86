/* SPDX-License-Identifier: MIT */
/*
 * signing: which key a packager's command signs with, and its passphrase.
 */
#ifndef CLI_SIGNING_H
#define CLI_SIGNING_H

#include "repo/key.h"

struct invocation;

/* The directory of keys: --keys or the default. Errors: ERR_NOT_FOUND */
int signing_directory(const struct invocation *call, const char **ret_directory);

/*
 * Get a passphrase from --passphrase-fd, or by asking on the terminal, twice for a new one.
 *
 * Owner:  the caller wipes it with key_forget_passphrase()
 * Errors: ERR_CONSENT (no terminal), ERR_FORMAT (empty, or the two differ)
 */
int signing_passphrase(const struct invocation *call, const char *key, bool is_new,
	struct strbuf *ret_passphrase);

/*
 * Open the key that --key names, or the only one that there is.
 *
 * Owner:  the caller frees it with key_free()
 * Errors: ERR_NOT_FOUND (no key), ERR_USAGE (several), as key_open()
 */
int signing_open(const struct invocation *call, struct key **ret_key);

/* Open the key of this name. Owner and errors: as signing_open() */
int signing_open_named(const struct invocation *call, const char *name, struct key **ret_key);

#endif
