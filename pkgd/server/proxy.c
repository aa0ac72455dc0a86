/* SPDX-License-Identifier: MIT */
/* The environment that the daemon was started with says nothing: what stands in it here, stood in its file. */
#include "pkgd/server/proxy.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048 /* bytes */

/* SCHEME://[USER:PASSWORD@]HOST[:PORT], of characters that can be seen. */
static bool
is_proxy_url(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://",
		"socks5h://" };
	size_t scheme = 0;

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (str_has_prefix(url, schemes[i]))
			scheme = strlen(schemes[i]);
	if (scheme == 0 || url[scheme] == '\0' || strlen(url) > URL_MAX)
		return false;
	for (const char *at = url; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return false;
	return true;
}

static int
read_url(struct arena *arena, const json_t *value, const char *key, struct proxy *proxy,
	const char **ret_url)
{
	const char *url = json_string_value(value);

	if (value == NULL)
		return 0;
	if (url == NULL || !is_proxy_url(url))
		return err_set(
			ERR_FORMAT, "proxy: %s: not a URL of a proxy (http://HOST:PORT)", key);
	proxy->has_password = proxy->has_password || strchr(url, '@') != NULL;
	*ret_url = arena_string(arena, url);
	return 0;
}

static int
read_hosts(struct arena *arena, const json_t *json, const char **ret_hosts)
{
	struct strbuf hosts AUTO(strbuf_free) = { 0 };

	if (json == NULL)
		return 0;
	if (!json_is_array(json))
		return err_set(ERR_FORMAT, "proxy: except: not a list of hosts");
	for (size_t i = 0; i < json_array_size(json); i++) {
		const char *host = json_string_value(json_array_get(json, i));

		if (host == NULL || strpbrk(host, ", ") != NULL)
			return err_set(ERR_FORMAT, "proxy: except: not a list of hosts");
		strbuf_printf(&hosts, "%s%s", i == 0 ? "" : ",", host);
	}
	*ret_hosts = arena_copy(arena, hosts.at, hosts.len);
	return 0;
}

int
proxy_read(struct arena *arena, const json_t *json, struct proxy *ret_proxy)
{
	struct proxy proxy = { 0 };
	const json_t *http = json_object_get(json, "http");
	const json_t *https = json_object_get(json, "https");
	const json_t *except = json_object_get(json, "except");

	if (json != NULL && !json_is_object(json))
		return err_set(ERR_FORMAT, "proxy: not a section");
	if (json_object_size(json) >
		(size_t)(http != NULL) + (https != NULL) + (except != NULL))
		return err_set(ERR_FORMAT, "proxy: something beside 'http', 'https', 'except'");
	TRY(read_url(arena, http, "http", &proxy, &proxy.http));
	TRY(read_url(arena, https, "https", &proxy, &proxy.https));
	TRY(read_hosts(arena, except, &proxy.except));
	*ret_proxy = proxy;
	return 0;
}

static int
set(const char *name, const char *value)
{
	int ret = value == NULL ? unsetenv(name) : setenv(name, value, 1);

	return ret < 0 ? err_errno("environment") : 0;
}

int
proxy_use(const struct proxy *proxy)
{
	TRY(set("http_proxy", proxy->http));
	TRY(set("https_proxy", proxy->https));
	return set("no_proxy", proxy->except);
}
