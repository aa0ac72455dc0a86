/* SPDX-License-Identifier: MIT */
/* The picture on the canvas: where it stands in the window, how it is drawn, what is under the pointer. */
"use strict";

const canvas = document.getElementById("canvas");
const pen = canvas.getContext("2d");
const camera = { x: 0, y: 0, scale: 1 };
let picture = { nodes: [], edges: [] };
let places = new Map();
let hubs = new Set();
let hovered = -1;
let colours = {};
let isWaiting = false;

const FONT = "13px system-ui, 'Segoe UI', Roboto, Arial, sans-serif";

function readColours() {
	const style = getComputedStyle(document.documentElement);
	const names = ["ink", "soft", "line", "accent", "node", "stage", "package", "program", "slot", "tool", ...KIND_KEYS];
	colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function labelOf(index) {
	const node = nodes[index];
	const count = view.folded.has(index) ? node.images.length : 0;
	const name = node.kind === "slot" ? `lib${node.name}` : node.name;
	return count > 0 ? `${name}  +${count}` : name;
}

function measure(index) {
	pen.font = FONT;
	return Math.min(240, Math.max(56, pen.measureText(labelOf(index)).width + 30));
}

/* Arrange again what is visible now. */
function rearrange() {
	picture = visible();
	const aspect = canvas.clientWidth / Math.max(1, canvas.clientHeight);
	({ places, hubs } = arrange(picture, measure, aspect));
	draw();
}

function fit() {
	const { clientWidth: width, clientHeight: height } = canvas;
	let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
	for (const place of places.values()) {
		left = Math.min(left, place.x - place.width / 2);
		right = Math.max(right, place.x + place.width / 2);
		top = Math.min(top, place.y - NODE_HEIGHT);
		bottom = Math.max(bottom, place.y + NODE_HEIGHT);
	}
	if (places.size === 0) {
		return;
	}
	camera.scale = Math.min(1.4, 0.94 * Math.min(width / (right - left), height / (bottom - top)));
	camera.x = (left + right) / 2;
	camera.y = (top + bottom) / 2;
	draw();
}

/* From the page's coordinates to the graph's, and back. */
function toGraph(x, y) {
	return {
		x: (x - canvas.clientWidth / 2) / camera.scale + camera.x,
		y: (y - canvas.clientHeight / 2) / camera.scale + camera.y,
	};
}

function toCanvas(place) {
	return {
		x: (place.x - camera.x) * camera.scale + canvas.clientWidth / 2,
		y: (place.y - camera.y) * camera.scale + canvas.clientHeight / 2,
	};
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
	const before = toGraph(x, y);
	camera.scale = Math.min(4, Math.max(0.02, camera.scale * factor));
	const after = toGraph(x, y);
	camera.x += before.x - after.x;
	camera.y += before.y - after.y;
	draw();
}

/* Bring a node into the window, large enough to be read. */
function show(index) {
	const place = places.get(standsFor(index));
	if (!place) {
		return;
	}
	const at = toCanvas(place);
	const isOutside = at.x < 60 || at.y < 30 || at.x > canvas.clientWidth - 60 || at.y > canvas.clientHeight - 30;
	camera.scale = Math.max(camera.scale, 0.7);
	if (isOutside || camera.scale === 0.7) {
		camera.x = place.x;
		camera.y = place.y;
	}
	draw();
}

function nodeAt(x, y) {
	const at = toGraph(x, y);
	const slack = 3 / camera.scale;
	for (const [index, place] of places) {
		if (Math.abs(at.x - place.x) <= place.width / 2 + slack &&
			Math.abs(at.y - place.y) <= NODE_HEIGHT / 2 + slack) {
			return index;
		}
	}
	return -1;
}

function draw() {
	if (!isWaiting) {
		isWaiting = true;
		requestAnimationFrame(paint);
	}
}

/* What stands out: the node that is chosen or pointed at with its neighbours, or a path. */
function findLit() {
	const lit = { nodes: new Set(), edges: new Set() };
	if (view.path.length > 0) {
		const parts = new Set(view.path);
		for (const edge of picture.edges) {
			if (edge.members.some((member) => parts.has(member))) {
				lit.edges.add(edge);
				lit.nodes.add(edge.from).add(edge.to);
			}
		}
		return lit;
	}
	const chosen = hovered >= 0 ? hovered : view.selected >= 0 ? standsFor(view.selected) : -1;
	if (chosen < 0 || !places.has(chosen)) {
		return null;
	}
	lit.nodes.add(chosen);
	for (const edge of picture.edges) {
		if (edge.from === chosen || edge.to === chosen) {
			lit.edges.add(edge);
			lit.nodes.add(edge.from).add(edge.to);
		}
	}
	return lit;
}

function traceEdge(edge) {
	const from = places.get(edge.from);
	const to = places.get(edge.to);
	const isForward = to.x > from.x + 1;
	const start = from.x + from.width / 2;
	const end = isForward ? to.x - to.width / 2 : to.x + to.width / 2;
	const bend = isForward ? Math.max(24, (end - start) * 0.45) : 40;
	pen.moveTo(start, from.y);
	pen.bezierCurveTo(start + bend, from.y, isForward ? end - bend : end + bend, to.y, end, to.y);
	if (camera.scale > 0.35) {
		const side = isForward ? -1 : 1;
		pen.moveTo(end + side * 6, to.y - 3.2);
		pen.lineTo(end, to.y);
		pen.lineTo(end + side * 6, to.y + 3.2);
	}
}

function paintEdges(list, alpha, width) {
	pen.globalAlpha = alpha;
	pen.lineWidth = width / Math.max(0.5, Math.min(1, camera.scale * 1.6));
	KINDS.forEach((_, kind) => {
		pen.strokeStyle = colours[KIND_KEYS[kind]];
		pen.setLineDash(kind === 2 ? [6, 4] : kind === 1 || kind === BUILDS ? [2, 4] : []);
		pen.beginPath();
		list.forEach((edge) => edge.kind === kind && traceEdge(edge));
		pen.stroke();
	});
	pen.setLineDash([]);
	pen.globalAlpha = 1;
}

function paintNode(index, isFaint) {
	const node = nodes[index];
	const place = places.get(index);
	const left = place.x - place.width / 2;
	const top = place.y - NODE_HEIGHT / 2;
	const radius = node.kind === "slot" ? NODE_HEIGHT / 2 : node.kind === "package" ? 7 : 3;
	const isChosen = view.selected >= 0 && standsFor(view.selected) === index;
	pen.globalAlpha = isFaint ? 0.22 : 1;
	pen.beginPath();
	pen.roundRect(left, top, place.width, NODE_HEIGHT, radius);
	pen.fillStyle = colours.node;
	pen.fill();
	pen.lineWidth = isChosen ? 3 : 1.4;
	pen.strokeStyle = isChosen ? colours.accent : colours[node.kind];
	if (node.kind === "package" && node.installed === false) {
		pen.setLineDash([4, 3]);
	}
	pen.stroke();
	pen.setLineDash([]);
	if (camera.scale > 0.16) {
		pen.save();
		pen.clip();
		pen.fillStyle = colours[node.kind];
		pen.fillRect(left, top, 6, NODE_HEIGHT);
		/* Every ten times as large is another sixth of the node's width. */
		const part = node.size > 0 ? Math.max(0, Math.log10(node.size) - 3) / 6 : 0;
		pen.fillRect(left, top + NODE_HEIGHT - 3, place.width * Math.min(1, part), 3);
		pen.restore();
	}
	if (camera.scale > 0.3) {
		pen.fillStyle = colours.ink;
		pen.fillText(labelOf(index), left + 15, place.y, place.width - 22);
	}
	pen.globalAlpha = 1;
}

function paint() {
	const ratio = window.devicePixelRatio || 1;
	const { clientWidth: width, clientHeight: height } = canvas;
	const lit = findLit();
	isWaiting = false;
	if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
	}
	pen.setTransform(ratio, 0, 0, ratio, 0, 0);
	pen.clearRect(0, 0, width, height);
	pen.translate(width / 2, height / 2);
	pen.scale(camera.scale, camera.scale);
	pen.translate(-camera.x, -camera.y);
	pen.font = FONT;
	pen.textBaseline = "middle";
	const plain = picture.edges.filter((edge) => !lit?.edges.has(edge) && (view.hubs || !hubs.has(edge.to)));
	paintEdges(plain, lit ? 0.08 : Math.max(0.12, Math.min(0.65, 500 / plain.length)), 1);
	for (const index of places.keys()) {
		if (!lit?.nodes.has(index)) {
			paintNode(index, lit !== null);
		}
	}
	if (lit) {
		paintEdges([...lit.edges], 1, 1.8);
		lit.nodes.forEach((index) => paintNode(index, false));
	}
}
