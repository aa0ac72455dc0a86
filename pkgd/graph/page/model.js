/* SPDX-License-Identifier: MIT */
/*
 * What the page shows: nodes and edges as they were written, and the view: which kinds of edges,
 * which packages are folded, and around which node. Nothing here touches the page.
 */
"use strict";

const KINDS = ["requires", "contains", "links privately", "binds to slot", "builds with"];
const KIND_KEYS = ["requires", "contains", "private", "binds", "builds"];
const BUILDS = 4;

const data = JSON.parse(document.getElementById("data").textContent);
const symbolNames = data.symbols;
const nodes = data.nodes.map((node, index) => ({ ...node, index, out: [], in: [], owner: -1, images: [] }));
const byId = new Map(nodes.map((node) => [node.id, node]));
const edges = data.edges.map(([from, to, kind, by, symbols], index) => {
	const edge = { index, from, to, kind, by, symbols };
	nodes[from].out.push(edge);
	nodes[to].in.push(edge);
	if (kind === 1) {
		nodes[to].owner = from;
		nodes[from].images.push(to);
	}
	return edge;
});

const view = {
	kinds: new Set([0, 1, 2, 3]),
	folded: new Set(),
	focus: null, /* { index, mode: "around" | "needs" | "needed" } */
	hubs: false,
	selected: -1,
	path: [], /* edges */
};

function bytes(size) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let unit = 0;
	while (size >= 1000 && unit < units.length - 1) {
		size /= 1000;
		unit++;
	}
	return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/* The programs and slots that are bound to a slot. */
function usersOf(node) {
	return node.in.filter((edge) => edge.kind === 3).map((edge) => nodes[edge.from]);
}

/* The node that stands for another one: its package, when that is folded. */
function standsFor(index) {
	const owner = nodes[index].owner;
	return owner >= 0 && view.folded.has(owner) ? owner : index;
}

/* The nodes that can be reached; with steps at most so many edges away. */
function reach(start, direction, steps = Infinity) {
	const seen = new Map([[start, 0]]);
	const queue = [start];
	for (const index of queue) {
		const far = seen.get(index) + 1;
		if (far > steps) {
			continue;
		}
		const links = direction === "out" ? nodes[index].out : nodes[index].in;
		for (const edge of links) {
			const next = direction === "out" ? edge.to : edge.from;
			if (view.kinds.has(edge.kind) && !seen.has(next)) {
				seen.set(next, far);
				queue.push(next);
			}
		}
	}
	return seen;
}

/* Which nodes the focus leaves; null: all. */
function focused() {
	if (!view.focus) {
		return null;
	}
	const { index, mode } = view.focus;
	const starts = [index, ...nodes[index].images];
	const kept = new Set();
	for (const start of starts) {
		if (mode !== "needed") {
			reach(start, "out", mode === "around" ? 1 : Infinity).forEach((_, at) => kept.add(at));
		}
		if (mode !== "needs") {
			reach(start, "in", mode === "around" ? 1 : Infinity).forEach((_, at) => kept.add(at));
		}
	}
	return kept;
}

/* What is to be drawn: nodes, and edges with those of folded images drawn together. */
function visible() {
	const kept = focused();
	const shown = new Set();
	const joined = new Map();
	for (const node of nodes) {
		if ((kept && !kept.has(node.index)) || (node.kind === "tool" && !view.kinds.has(BUILDS))) {
			continue;
		}
		shown.add(standsFor(node.index));
	}
	for (const edge of edges) {
		const from = standsFor(edge.from);
		const to = standsFor(edge.to);
		if (from === to || !view.kinds.has(edge.kind) || !shown.has(from) || !shown.has(to)) {
			continue;
		}
		const key = `${from} ${to} ${edge.kind}`;
		if (!joined.has(key)) {
			joined.set(key, { from, to, kind: edge.kind, members: [] });
		}
		joined.get(key).members.push(edge);
	}
	return { nodes: [...shown], edges: [...joined.values()] };
}

/* The shortest path along edges of the kinds that are shown; null without one. */
function shortestPath(from, to) {
	const came = new Map([[from, null]]);
	const queue = [from];
	for (const index of queue) {
		if (index === to) {
			break;
		}
		for (const edge of nodes[index].out) {
			if (view.kinds.has(edge.kind) && !came.has(edge.to)) {
				came.set(edge.to, edge);
				queue.push(edge.to);
			}
		}
	}
	if (!came.has(to)) {
		return null;
	}
	const path = [];
	for (let edge = came.get(to); edge; edge = came.get(edge.from)) {
		path.unshift(edge);
	}
	return path;
}

/* A node by what a person calls it. */
function findNode(text) {
	const name = text.trim();
	return byId.get(name) ?? byId.get(`package:${name}`) ?? byId.get(`program:${name}`) ??
		byId.get(`program:bin/${name}`) ?? byId.get(`slot:${name}`);
}

/* Those whose name begins with the text first, then those that have it anywhere. */
function searchNodes(text) {
	const wanted = text.trim().toLowerCase();
	const rank = (node) => {
		const name = node.name.toLowerCase();
		const base = name.slice(name.lastIndexOf("/") + 1);
		if (name === wanted || base === wanted || node.id === wanted) {
			return 0;
		}
		return name.startsWith(wanted) || base.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 3;
	};
	return nodes.map((node) => [rank(node), node]).filter(([order]) => order < 3)
		.sort((a, b) => a[0] - b[0] || a[1].name.localeCompare(b[1].name)).map(([, node]) => node);
}

function searchSymbols(text) {
	const wanted = text.trim().toLowerCase();
	return wanted.length < 2 ? [] : symbolNames.map((name, index) => [name.toLowerCase(), index])
		.filter(([name]) => name.includes(wanted))
		.sort((a, b) => a[0].startsWith(wanted) < b[0].startsWith(wanted) ? 1 :
			a[0].startsWith(wanted) > b[0].startsWith(wanted) ? -1 : a[0] < b[0] ? -1 : 1)
		.map(([, index]) => index);
}
