-- SPDX-License-Identifier: MIT
-- arithmetic, formatting and parsing of numbers
for _, x in ipairs { 0, -0.0, 1 / 3, 2 ^ 53, 1e308 * 10, -1e308 * 10, 0 / 0 ~= 0 / 0 and 1 or 2, 5e-308, 123456.789e3 } do
	print(x, string.format("%.14g %.17g %a %10.3f|%-12.4e|%5.1f", x, x, x, x, x, x))
end
for i = -3, 3 do
	print(i // 2, i % 2, i / 2, i << 3, i >> 1, ~i, i ^ 2, 7 // (i == 0 and 1 or i), math.fmod(7, i == 0 and 1 or i))
end
for _, text in ipairs { "10", "0x1p4", "1e1", "  12  ", "1e", "0x", "9223372036854775808", "0x7fffffffffffffff", "inf", "1_000" } do
	print(text, tonumber(text), math.type(tonumber(text) or 0))
end
for _, name in ipairs { "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "floor", "ceil" } do
	print(name, string.format("%.12g", math[name](0.7)))
end
print(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger, math.ult(1, -1))
local sum = 0.0
for i = 1, 1000000 do
	sum = sum + math.sin(i) * i
end
print(string.format("%.10g", sum))
