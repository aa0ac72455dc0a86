/* SPDX-License-Identifier: MIT */
/*
 * login: root's passphrase in a system's shadow(5) file.
 */
#ifndef KERNEL_IFACE_BOOT_LOGIN_H
#define KERNEL_IFACE_BOOT_LOGIN_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>

/*
 * Put a passphrase into root's line, hashed as crypt(5)'s SHA-512 with a salt drawn from `seed`.
 *
 * Owner:  the caller frees ret_shadow with strbuf_free()
 * Errors: ERR_NOT_FOUND (no account root in it), ERR_RANGE (the passphrase is empty)
 */
int login_set_passphrase(struct str shadow, const char *passphrase, const struct digest *seed,
	struct strbuf *ret_shadow);

/* Whether root may log in, and whether a passphrase is asked for. */
void login_read(struct str shadow, bool *ret_has_login, bool *ret_has_passphrase);

#endif
