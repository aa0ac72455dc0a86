-- SPDX-License-Identifier: MIT
-- strings, patterns, tables, closures, coroutines, errors, files
local text = string.rep("the quick brown fox; ", 2000)
print(#text, select(2, text:gsub("%w+", "")), text:find("fox; the", 1, true))
print(("%q"):format("a\0b\n\"c\"\\"), ("x"):rep(3, ","), ("hello"):byte(1, -1))
print(string.pack("<i4 z s2 d", -7, "zero", "str", 1.5):byte(1, -1))
print(utf8.char(228, 8364, 128512), utf8.len("äöü€"), utf8.codepoint("€", 1))
local words = {}
for word in text:gmatch("%a+") do
	words[word] = (words[word] or 0) + 1
end
local names = {}
for name in pairs(words) do
	names[#names + 1] = name
end
table.sort(names, function(a, b) return a > b end)
print(table.concat(names, " "), words.fox)
local list = {}
for i = 1, 20000 do
	list[i] = (i * 7919) % 20011
end
table.sort(list)
print(list[1], list[10000], list[20000], table.unpack(list, 5, 9))
local generator = coroutine.wrap(function()
	local a, b = 0, 1
	while true do
		coroutine.yield(a)
		a, b = b, a + b
	end
end)
for _ = 1, 20 do
	io.write(generator(), " ")
end
print()
print(pcall(error, { code = 7 }) == false, select(2, pcall(error, "message", 0)))
print(select(2, pcall(function() local x; return x.y end)))
print(select("#", table.unpack({}, 1, 3)), ...)
local name = os.tmpname()
local file = assert(io.open(name, "w"))
file:write("line 1\nline 2\n", 3, "\n", 4.5, "\n"):seek("set", 0)
file:close()
for line in io.lines(name) do
	io.write("[", line, "]")
end
print(io.open(name, "r"):read("l", "n", "L"))
print(os.remove(name), select(2, io.open("/no/such/file")))
print(os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365), os.time { year = 2024, month = 2, day = 29, hour = 12 } > 0)
print(load("return 1 +")) print(load("return ... * 2")(21))
setmetatable(_G, { __index = function(_, key) return key .. "?" end })
print(undefined_name, #arg, arg[1], arg[2])
collectgarbage()
print(collectgarbage("count") > 0)
goto done
print("never")
::done::
os.exit(3)
