/* SPDX-License-Identifier: MIT */
/*
 * Where nodes stand: in layers from left to right, users before what they use. Edges that close a
 * cycle do not count. Within a layer a node stands near those that it is tied to; a
 * layer that is too high goes on in a second column. The same graph always gives the same picture.
 */
"use strict";

const ROW = 40;
const NODE_HEIGHT = 28;

/* The edges without those that close a cycle, by node: a depth-first walk with its own stack. */
function withoutCycles(list, out) {
	const state = new Map();
	const kept = new Map(list.map((index) => [index, []]));
	for (const start of list) {
		const stack = state.has(start) ? [] : [[start, 0]];
		while (stack.length > 0) {
			const top = stack[stack.length - 1];
			const [index, next] = top;
			const targets = out.get(index);
			state.set(index, 1);
			if (next === targets.length) {
				state.set(index, 2);
				stack.pop();
				continue;
			}
			top[1]++;
			const target = targets[next];
			if (state.get(target) === 1) {
				continue;
			}
			kept.get(index).push(target);
			if (!state.has(target)) {
				stack.push([target, 0]);
			}
		}
	}
	return kept;
}

/* Layers by the longest way from where nothing leads to. */
function assignLayers(list, kept) {
	const waiting = new Map(list.map((index) => [index, 0]));
	const layer = new Map(list.map((index) => [index, 0]));
	for (const targets of kept.values()) {
		targets.forEach((target) => waiting.set(target, waiting.get(target) + 1));
	}
	const queue = list.filter((index) => waiting.get(index) === 0);
	for (const index of queue) {
		for (const target of kept.get(index)) {
			layer.set(target, Math.max(layer.get(target), layer.get(index) + 1));
			waiting.set(target, waiting.get(target) - 1);
			if (waiting.get(target) === 0) {
				queue.push(target);
			}
		}
	}
	/* From the end: a node stands right before the first thing that it uses. */
	for (const index of queue.reverse()) {
		const targets = kept.get(index);
		if (targets.length > 0) {
			layer.set(index, Math.min(...targets.map((target) => layer.get(target))) - 1);
		}
	}
	return layer;
}

/* Order each layer by the middle of the neighbours' places, to and fro. */
function orderLayers(layers, near) {
	const place = new Map();
	layers.forEach((layer) => layer.forEach((index, i) => place.set(index, i / layer.length)));
	for (let sweep = 0; sweep < 8; sweep++) {
		const order = sweep % 2 === 0 ? layers : [...layers].reverse();
		for (const layer of order) {
			const middle = new Map(layer.map((index) => {
				const neighbours = near.get(index);
				const sum = neighbours.reduce((total, at) => total + place.get(at), 0);
				return [index, neighbours.length > 0 ? sum / neighbours.length : place.get(index)];
			}));
			layer.sort((a, b) => middle.get(a) - middle.get(b) || a - b);
			layer.forEach((index, i) => place.set(index, (i + 0.5) / layer.length));
		}
	}
}

/* Nodes that so many others use that lines to them say nothing. */
function findHubs(picture) {
	const uses = new Map();
	picture.edges.forEach((edge) => edge.kind !== 1 && uses.set(edge.to, (uses.get(edge.to) ?? 0) + 1));
	const limit = Math.max(24, picture.nodes.length * 0.04);
	return new Set([...uses].filter(([, count]) => count > limit).map(([index]) => index));
}

/* How many nodes stand above each other, so that all fit the window as large as can be. */
function chooseRows(layers, measure, aspect) {
	const widths = layers.map((layer) => Math.max(...layer.map(measure)) + 36);
	let best = 8;
	let largest = 0;
	for (let rows = 8; rows <= 400; rows = Math.ceil(rows * 1.15)) {
		const width = layers.reduce((sum, layer, i) => sum + widths[i] * Math.ceil(layer.length / rows) + 64, 0);
		const height = ROW * Math.min(rows, Math.max(...layers.map((layer) => layer.length)));
		const scale = Math.min(aspect / width, 1 / height);
		if (scale > largest) {
			[best, largest] = [rows, scale];
		}
	}
	return best;
}

/* Places for all nodes of a picture: { index: { x, y, width } }, and the hubs. */
function arrange(picture, measure, aspect) {
	const hubs = findHubs(picture);
	const out = new Map(picture.nodes.map((index) => [index, []]));
	const near = new Map(picture.nodes.map((index) => [index, []]));
	for (const edge of picture.edges) {
		if (edge.kind === BUILDS) {
			continue;
		}
		out.get(edge.from).push(edge.to);
		if (!hubs.has(edge.to)) {
			near.get(edge.from).push(edge.to);
			near.get(edge.to).push(edge.from);
		}
	}
	const layer = assignLayers(picture.nodes, withoutCycles(picture.nodes, out));
	const first = picture.nodes.reduce((least, index) => Math.min(least, layer.get(index)), 0);
	const layers = [];
	for (const index of [...picture.nodes].sort((a, b) => nodes[a].name < nodes[b].name ? -1 : 1)) {
		(layers[layer.get(index) - first] ??= []).push(index);
	}
	const filled = layers.filter((nodesOf) => nodesOf);
	orderLayers(filled, near);
	const rows = chooseRows(filled, measure, aspect);
	const places = new Map();
	let x = 0;
	for (const inLayer of filled) {
		const columns = Math.ceil(inLayer.length / rows);
		const height = Math.ceil(inLayer.length / columns);
		for (let column = 0; column < columns; column++) {
			const part = inLayer.slice(column * height, (column + 1) * height);
			const width = Math.max(...part.map(measure));
			part.forEach((index, row) => places.set(index, {
				x: x + width / 2, y: (row - (part.length - 1) / 2) * ROW, width: measure(index),
			}));
			x += width + 36;
		}
		x += 64;
	}
	/* A wide picture has room between its rows. */
	const highest = [...places.values()].reduce((most, place) => Math.max(most, Math.abs(place.y) * 2 + ROW), ROW);
	const stretch = Math.min(2.2, Math.max(1, x / aspect / highest));
	places.forEach((place) => { place.y *= stretch; });
	return { places, hubs };
}
