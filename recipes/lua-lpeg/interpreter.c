/* SPDX-License-Identifier: MIT */
/* Lua with lpeg built in, to run a script: for the tests of a plug-in that is not installed yet. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

int luaopen_lpeg(lua_State *state);

int
main(int argc, char **argv)
{
	lua_State *state = luaL_newstate();

	if (argc != 2 || state == NULL)
		return 2;
	luaL_openlibs(state);
	luaL_getsubtable(state, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(state, luaopen_lpeg);
	lua_setfield(state, -2, "lpeg");
	lua_pop(state, 1);
	if (luaL_dofile(state, argv[1]) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(state, -1));
		return 1;
	}
	lua_close(state);
	return 0;
}
