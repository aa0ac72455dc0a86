/* SPDX-License-Identifier: MIT */
/* The page around the picture: finding, filtering, folding, paths, details, pointer and keys. */
"use strict";

const at = (id) => document.getElementById(id);
const MANY = 400; /* rows of a list; more are not of use to anybody */

function make(tag, properties = {}, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

/* Look at the same graph in another way, and keep in sight what was chosen. */
function changeView(change) {
	change();
	view.path = view.path.filter((edge) => view.kinds.has(edge.kind));
	hovered = -1;
	at("tooltip").hidden = true;
	rearrange();
	at("hubs-label").hidden = hubs.size === 0;
	at("everything").disabled = !view.focus && view.path.length === 0;
	fit();
	fillList();
}

function select(index, isShown = true) {
	view.selected = index;
	view.path = [];
	if (index >= 0 && !places.has(standsFor(index)) && view.focus) {
		changeView(() => { view.focus = null; });
	}
	fillDetails();
	fillList();
	history.replaceState(null, "", index >= 0 ? `#${encodeURIComponent(nodes[index].id)}` : "#");
	if (index >= 0 && isShown) {
		show(index);
	}
	draw();
}

function toggleFold(index) {
	const target = nodes[index].owner >= 0 ? nodes[index].owner : index;
	if (nodes[target].images.length === 0) {
		return;
	}
	changeView(() => {
		if (!view.folded.delete(target)) {
			view.folded.add(target);
		}
	});
	select(target);
}

function foldAll(isFolded) {
	changeView(() => {
		view.folded = new Set(isFolded ? nodes.filter((node) => node.images.length > 0).map((node) => node.index) : []);
	});
}

function focusOn(mode) {
	if (view.selected >= 0) {
		changeView(() => { view.focus = { index: view.selected, mode }; });
	}
}

function everything() {
	changeView(() => {
		view.focus = null;
		view.path = [];
	});
}

function nodeRow(node, more) {
	const row = make("button", { className: "row", type: "button" },
		make("span", { className: `dot ${node.kind}` }), make("span", { className: "name", textContent: node.name }),
		make("span", { className: "more", textContent: more }));
	row.setAttribute("role", "option");
	row.setAttribute("aria-selected", String(node.index === view.selected));
	row.title = node.id;
	row.addEventListener("click", () => select(node.index));
	return row;
}

function symbolRow(index) {
	const row = make("button", { className: "row", type: "button" },
		make("span", { className: "dot symbol" }), make("span", { className: "name", textContent: symbolNames[index] }));
	row.setAttribute("role", "option");
	row.addEventListener("click", () => fillSymbol(index));
	return row;
}

/* Slots by what they save: the more users, the more copies are not there. */
function slotRows() {
	return nodes.filter((node) => node.kind === "slot")
		.map((node) => ({ node, users: usersOf(node).length }))
		.sort((a, b) => b.users - a.users || a.node.name.localeCompare(b.node.name))
		.map(({ node, users }) => nodeRow(node, `${users} users, ${bytes(node.reserved)}`));
}

function fillList() {
	const results = at("results");
	const text = at("search").value;
	const isSlots = at("tab-slots").getAttribute("aria-selected") === "true";
	const rows = [];
	if (isSlots && text === "") {
		rows.push(...slotRows());
	} else {
		const found = text === "" ? [...nodes].sort((a, b) => a.name < b.name ? -1 : 1) : searchNodes(text);
		const wanted = isSlots ? found.filter((node) => node.kind === "slot") : found;
		const symbols = text === "" ? [] : searchSymbols(text);
		wanted.slice(0, MANY).forEach((node) => rows.push(nodeRow(node, node.size > 0 ? bytes(node.size) : "")));
		if (wanted.length > MANY) {
			rows.push(make("p", { className: "heading", textContent: `and ${wanted.length - MANY} more` }));
		}
		if (symbols.length > 0) {
			rows.push(make("p", { className: "heading", textContent: `Symbols (${symbols.length})` }));
			symbols.slice(0, 60).forEach((index) => rows.push(symbolRow(index)));
		}
		if (rows.length === 0) {
			rows.push(make("p", { className: "heading", textContent: "Nothing has this name." }));
		}
	}
	results.replaceChildren(...rows);
}

function openTab(name) {
	for (const tab of ["nodes", "slots", "path"]) {
		at(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
	}
	at("results").hidden = name === "path";
	at("path").hidden = name !== "path";
	fillList();
}

function factRows(node) {
	const rows = [["Version", node.version], ["Size", node.size > 0 ? bytes(node.size) : ""],
		["Summary", node.summary], ["Repository", node.repository], ["Package", node.package],
		["Address", node.address], ["Reserved", node.reserved ? bytes(node.reserved) : ""],
		["Layout", node.layout_id?.slice(0, 16)], ["Image", node.image?.slice(0, 16)]];
	if (node.kind === "package") {
		rows.push(["Installed", node.installed ? (node.manual ? "asked for" : "needed by others") : "no"]);
	}
	if (node.kind === "slot") {
		rows.push(["Shared by", `${usersOf(node).length} images`],
			["Saved", node.saved_bytes ? bytes(node.saved_bytes) : ""], ["Slot because", node.reason]);
	}
	return rows.filter(([, value]) => value);
}

function symbolList(symbols) {
	const list = make("div");
	symbols.forEach((index) => {
		const button = make("button", { type: "button", textContent: symbolNames[index] });
		button.addEventListener("click", () => fillSymbol(index));
		list.append(button);
	});
	return list;
}

function linkTo(edge, index) {
	const button = make("button", { type: "button", textContent: nodes[index].name });
	button.addEventListener("click", () => select(index));
	const parts = [make("div", { className: "link" }, make("span", { className: `dot ${nodes[index].kind}` }), button,
		make("small", { textContent: edge.by && edge.by !== nodes[index].name && edge.by !== nodes[view.selected]?.name ? edge.by : "" }))];
	if (edge.symbols.length > 0) {
		const symbols = make("details", { className: "symbols" },
			make("summary", { textContent: `${edge.symbols.length} symbol${edge.symbols.length > 1 ? "s" : ""}` }));
		/* Made when it is opened: there may be thousands. */
		symbols.addEventListener("toggle", () => symbols.children.length === 1 && symbols.append(symbolList(edge.symbols)));
		parts.push(symbols);
	}
	return parts;
}

function linkSection(title, links, end) {
	const shown = links.slice(0, MANY);
	const parts = shown.flatMap((edge) => linkTo(edge, edge[end]));
	if (links.length > shown.length) {
		parts.push(make("p", { className: "hint", textContent: `and ${links.length - shown.length} more` }));
	}
	return links.length === 0 ? [] : [make("h3", { textContent: `${title} (${links.length})` }), ...parts];
}

const OUT_TITLES = ["Requires", "Contains", "Has inside", "Bound to", "Built with"];
const IN_TITLES = ["Required by", "Part of", "Linked into", "Shared by", "Built"];

function action(text, title, run) {
	const button = make("button", { type: "button", textContent: text, title });
	button.addEventListener("click", run);
	return button;
}

function fillDetails() {
	const details = at("details");
	const node = nodes[view.selected];
	if (!node) {
		details.replaceChildren(make("h2", { textContent: data.title }),
			make("p", { className: "hint", textContent: "Choose a node to see what it needs, what needs it, and by which symbols." }));
		return;
	}
	const table = make("table");
	factRows(node).forEach(([name, value]) => table.append(make("tr", {}, make("td", { textContent: name }),
		make("td", { textContent: value }))));
	const actions = make("div", { className: "actions" },
		action("Around", "Only what stands around it (A)", () => focusOn("around")),
		action("Needs", "Everything that it needs (N)", () => focusOn("needs")),
		action("Needed by", "Everything that depends on it (D)", () => focusOn("needed")),
		action("Path from here", "Shortest path from it (P)", pathFromHere));
	if (node.images.length > 0 || node.owner >= 0) {
		actions.prepend(action(view.folded.has(node.images.length > 0 ? node.index : node.owner) ? "Unfold" : "Fold",
			"Show or hide its images (Enter)", () => toggleFold(node.index)));
	}
	details.replaceChildren(make("h2", { textContent: node.name }),
		make("div", { className: "kind" }, make("span", { className: `dot ${node.kind}` }), node.kind), table, actions,
		...KINDS.flatMap((_, kind) => linkSection(OUT_TITLES[kind], node.out.filter((edge) => edge.kind === kind), "to")),
		...KINDS.flatMap((_, kind) => linkSection(IN_TITLES[kind], node.in.filter((edge) => edge.kind === kind), "from")));
	details.scrollTop = 0;
}

/* Who uses a symbol, and whose it is. */
function fillSymbol(index) {
	const used = edges.filter((edge) => edge.symbols.includes(index));
	view.path = used;
	at("details").replaceChildren(make("h2", { textContent: symbolNames[index] }),
		make("div", { className: "kind" }, make("span", { className: "dot symbol" }), "symbol"),
		...KINDS.flatMap((name, kind) => {
			const links = used.filter((edge) => edge.kind === kind);
			return links.length === 0 ? [] : [make("h3", { textContent: `${name} (${links.length})` }),
				...links.slice(0, MANY).map((edge) => {
					const from = make("button", { type: "button", textContent: nodes[edge.from].name });
					const to = make("button", { type: "button", textContent: nodes[edge.to].name });
					from.addEventListener("click", () => select(edge.from));
					to.addEventListener("click", () => select(edge.to));
					return make("div", { className: "link" }, from, "\u2192", to);
				})];
		}));
	at("everything").disabled = false;
	draw();
}

function pathFromHere() {
	if (view.selected >= 0) {
		openTab("path");
		at("path-from").value = nodes[view.selected].id;
		at("path-to").focus();
	}
}

function findPath(event) {
	event.preventDefault();
	const steps = at("path-steps");
	const from = findNode(at("path-from").value);
	const to = findNode(at("path-to").value);
	if (!from || !to) {
		steps.replaceChildren(make("p", { className: "hint", textContent: `There is no ${from ? at("path-to").value : at("path-from").value || "name"}.` }));
		return;
	}
	const path = shortestPath(from.index, to.index);
	if (!path || path.length === 0) {
		steps.replaceChildren(make("p", { className: "hint",
			textContent: path ? "Both are the same." : "No path along the edges that are shown." }));
		return;
	}
	const stops = [from.index, ...path.map((edge) => edge.to)];
	steps.replaceChildren(...stops.map((index, i) => {
		const edge = path[i - 1];
		const some = edge?.symbols.slice(0, 4).map((symbol) => symbolNames[symbol]).join(", ");
		const more = edge && edge.symbols.length > 4 ? ` and ${edge.symbols.length - 4} more` : "";
		return make("li", {}, edge ? make("small", { textContent: `${KINDS[edge.kind]}${some ? `: ${some}${more}` : ""}` }) : "",
			action(nodes[index].name, nodes[index].id, () => select(index)));
	}));
	changeView(() => {
		view.focus = null;
		stops.forEach((index) => nodes[index].owner >= 0 && view.folded.delete(nodes[index].owner));
		view.path = path;
	});
}

/* The nearest node in a direction: what is straight ahead counts more than what is aside. */
function step(dx, dy) {
	const here = view.selected >= 0 ? places.get(standsFor(view.selected)) : null;
	if (!here) {
		select(picture.nodes[0] ?? -1);
		return;
	}
	let best = -1;
	let least = Infinity;
	for (const [index, place] of places) {
		const [x, y] = [place.x - here.x, place.y - here.y];
		const ahead = x * dx + y * dy;
		const cost = ahead + 3 * Math.abs(x * dy - y * dx);
		if (ahead > 1 && cost < least) {
			[best, least] = [index, cost];
		}
	}
	if (best >= 0) {
		select(best);
	}
}

const KEYS = {
	"ArrowLeft": () => step(-1, 0), "ArrowRight": () => step(1, 0), "ArrowUp": () => step(0, -1),
	"ArrowDown": () => step(0, 1), "Enter": () => view.selected >= 0 && toggleFold(view.selected),
	"+": () => zoom(1.25), "-": () => zoom(0.8), "0": fit, "f": () => foldAll(true), "u": () => foldAll(false),
	"a": () => focusOn("around"), "n": () => focusOn("needs"), "d": () => focusOn("needed"), "p": pathFromHere,
};

function pressed(event) {
	const isTyping = event.target.matches("input");
	const isButton = event.target.matches("button, summary");
	if (event.ctrlKey || event.metaKey || event.altKey) {
		return;
	}
	if (event.key === "Escape") {
		if (isTyping) {
			event.target.value = "";
			fillList();
			canvas.focus();
		} else {
			everything();
		}
	} else if (event.key === "/" && !isTyping) {
		at("search").focus();
	} else if (event.key === "?" && !isTyping) {
		at("help-button").click();
	} else if (!isTyping && KEYS[event.key] && !(isButton && (event.key === "Enter" || event.key.startsWith("Arrow")))) {
		KEYS[event.key]();
	} else {
		return;
	}
	event.preventDefault();
}

/* Up and down through the list, from the search field on. */
function pressedInList(event) {
	const rows = [...at("results").querySelectorAll(".row")];
	const here = rows.indexOf(document.activeElement);
	const next = { ArrowDown: here + 1, ArrowUp: here - 1 }[event.key];
	if (event.key === "Enter" && event.target === at("search") && rows.length > 0) {
		rows[0].click();
	} else if (next !== undefined) {
		(rows[next] ?? (next < 0 ? at("search") : null))?.focus();
	} else {
		return;
	}
	event.preventDefault();
	event.stopPropagation();
}

function hover(event) {
	const box = canvas.getBoundingClientRect();
	const [x, y] = [event.clientX - box.left, event.clientY - box.top];
	const index = nodeAt(x, y);
	const tooltip = at("tooltip");
	canvas.classList.toggle("over", index >= 0);
	tooltip.hidden = index < 0;
	if (index >= 0) {
		const node = nodes[index];
		tooltip.textContent = [node.id, node.version, node.size > 0 ? bytes(node.size) : "", node.summary]
			.filter((text) => text).join(" \u00b7 ");
		tooltip.style.left = `${Math.min(x + 14, box.width - 330)}px`;
		tooltip.style.top = `${y + 16}px`;
	}
	if (index !== hovered) {
		hovered = index;
		draw();
	}
}

function drag(event) {
	const start = { x: event.clientX, y: event.clientY, cameraX: camera.x, cameraY: camera.y };
	let hasMoved = false;
	canvas.setPointerCapture(event.pointerId);
	canvas.classList.add("moving");
	const move = (now) => {
		const [x, y] = [now.clientX - start.x, now.clientY - start.y];
		hasMoved ||= Math.hypot(x, y) > 4;
		if (hasMoved) {
			camera.x = start.cameraX - x / camera.scale;
			camera.y = start.cameraY - y / camera.scale;
			draw();
		}
	};
	const end = (now) => {
		canvas.removeEventListener("pointermove", move);
		canvas.classList.remove("moving");
		if (!hasMoved) {
			const box = canvas.getBoundingClientRect();
			select(nodeAt(now.clientX - box.left, now.clientY - box.top), false);
		}
	};
	canvas.addEventListener("pointermove", move);
	canvas.addEventListener("pointerup", end, { once: true });
}

function makeFilters() {
	KINDS.forEach((name, kind) => {
		const input = make("input", { type: "checkbox", checked: view.kinds.has(kind) });
		const line = make("i");
		line.style.borderTopColor = `var(--${KIND_KEYS[kind]})`;
		line.style.borderTopStyle = kind === 2 ? "dashed" : kind === 1 || kind === BUILDS ? "dotted" : "solid";
		input.addEventListener("change", () => changeView(() => {
			view.kinds[input.checked ? "add" : "delete"](kind);
		}));
		if (edges.some((edge) => edge.kind === kind)) {
			at("kinds").append(make("label", { className: "chip" }, input, line, name));
		}
	});
	at("hubs").addEventListener("change", (event) => {
		view.hubs = event.target.checked;
		draw();
	});
}

function setTheme(name) {
	document.documentElement.dataset.theme = name;
	readColours();
	draw();
}

function listen() {
	at("search").addEventListener("input", () => {
		if (at("results").hidden) {
			openTab("nodes");
		}
		fillList();
	});
	at("side").addEventListener("keydown", (event) => at("path").hidden && pressedInList(event));
	document.addEventListener("keydown", pressed);
	at("fold").addEventListener("click", () => foldAll(true));
	at("unfold").addEventListener("click", () => foldAll(false));
	at("everything").addEventListener("click", everything);
	at("fit").addEventListener("click", fit);
	at("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
	at("help-button").addEventListener("click", () => {
		at("help").hidden = !at("help").hidden;
		at("help-button").setAttribute("aria-expanded", String(!at("help").hidden));
	});
	["nodes", "slots", "path"].forEach((name) => at(`tab-${name}`).addEventListener("click", () => openTab(name)));
	at("path").addEventListener("submit", findPath);
	canvas.addEventListener("pointermove", hover);
	canvas.addEventListener("pointerleave", () => {
		hovered = -1;
		at("tooltip").hidden = true;
		draw();
	});
	canvas.addEventListener("pointerdown", drag);
	canvas.addEventListener("dblclick", () => view.selected >= 0 && toggleFold(view.selected));
	canvas.addEventListener("wheel", (event) => {
		const box = canvas.getBoundingClientRect();
		zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
		event.preventDefault();
	}, { passive: false });
	new ResizeObserver(draw).observe(canvas);
}

function begin() {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const count = (kind) => nodes.filter((node) => node.kind === kind).length;
	at("title").textContent = data.title;
	at("summary").textContent = `${count("package")} packages, ${count("program")} programs, ${count("slot")} slots, ` +
		`${edges.length} edges, ${symbolNames.length} symbols`;
	at("legend").append(...["package", "program", "slot"].map((kind) =>
		make("span", {}, make("i", { className: `dot ${kind}` }), kind)));
	at("names").append(...nodes.map((node) => make("option", { value: node.id })));
	document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
	dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
	readColours();
	makeFilters();
	listen();
	/* Too many at once are seen best by their packages. */
	changeView(() => nodes.length > 150 && nodes.forEach((node) => node.images.length > 0 && view.folded.add(node.index)));
	const wanted = byId.get(decodeURIComponent(location.hash.slice(1)));
	select(wanted ? wanted.index : -1);
}

begin();
