-- SPDX-License-Identifier: MIT
-- work.lua: a second of what Lua programs do: calls, tables, strings, sorting, floats, closures.
local function fib(n)
	return n < 2 and n or fib(n - 1) + fib(n - 2)
end

local function sieve(n)
	local composite, count = {}, 0
	for i = 2, n do
		if not composite[i] then
			count = count + 1
			for j = i * i, n, i do
				composite[j] = true
			end
		end
	end
	return count
end

local function words(n)
	local parts, seen = {}, {}
	for i = 1, n do
		parts[i] = string.format("%d:%s", i * 7919 % 10007, ("ab"):rep(i % 5))
	end
	local text = table.concat(parts, " ")
	for word in text:gmatch("%S+") do
		local key = word:match("^(%d+):"):reverse()
		seen[key] = (seen[key] or 0) + tonumber(key)
	end
	table.sort(parts)
	return #text, seen["7"], parts[n // 2]
end

local function nbody(steps)
	local bodies = {}
	for i = 1, 5 do
		bodies[i] = { x = i * 1.1, y = i * 0.7, z = -i, vx = 0, vy = 0, vz = 0, mass = 1 / i }
	end
	for _ = 1, steps do
		for i = 1, 5 do
			local a = bodies[i]
			for j = i + 1, 5 do
				local b = bodies[j]
				local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
				local d2 = dx * dx + dy * dy + dz * dz
				local mag = 0.001 / (d2 * math.sqrt(d2))
				a.vx, a.vy, a.vz = a.vx - dx * b.mass * mag, a.vy - dy * b.mass * mag, a.vz - dz * b.mass * mag
				b.vx, b.vy, b.vz = b.vx + dx * a.mass * mag, b.vy + dy * a.mass * mag, b.vz + dz * a.mass * mag
			end
		end
		for i = 1, 5 do
			local b = bodies[i]
			b.x, b.y, b.z = b.x + 0.001 * b.vx, b.y + 0.001 * b.vy, b.z + 0.001 * b.vz
		end
	end
	return string.format("%.9f", bodies[1].x)
end

print(fib(27), sieve(400000), words(60000))
print(nbody(60000))
