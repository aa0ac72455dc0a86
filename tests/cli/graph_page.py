#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""graph_page.py WELD SOURCE SYNTHETIC: the page of `weld graph --format html`, used by mouse and by
keyboard in a headless Chromium. With WELD_SCREENSHOTS its pictures are kept in that directory."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

weld, source, synthetic = sys.argv[1:4]
sys.path.insert(0, os.path.join(source, "tests", "lib"))
import tap  # noqa: E402
from tap import equal, ok  # noqa: E402
from browser import Browser  # noqa: E402



def picture(browser, name):
    if os.environ.get("WELD_SCREENSHOTS"):
        browser.run("1")
        browser.screenshot(os.path.join(os.environ["WELD_SCREENSHOTS"], f"{name}.png"))


def page_of(root, packages, directory):
    path = os.path.join(directory, f"{packages}.html")
    environment = {**os.environ, "HOME": directory}
    subprocess.run([synthetic, "root", root, str(packages)], check=True)
    subprocess.run([weld, "--root", root, "graph", "--format", "html", "-o", path], check=True, env=environment)
    return path


def heading(browser):
    return browser.run("document.querySelector('#details h2').textContent")


def selected(browser):
    return browser.run("view.selected < 0 ? null : nodes[view.selected].id")


def click_node(browser, node_id, times=1):
    x, y = browser.run(
        f"((p, b) => [p.x + b.x, p.y + b.y])(toCanvas(places.get(byId.get({json.dumps(node_id)}).index)),"
        " canvas.getBoundingClientRect())")
    for number in range(times):
        browser.click(x, y, number + 1)


def try_finding(browser):
    browser.press("/")
    browser.type("app0005")
    browser.press("Enter")
    equal(heading(browser), "app0005", "a search finds a package")
    ok("lib:l0004" in browser.run("document.getElementById('details').textContent"),
       "its details say what it requires")
    browser.press("Escape")
    browser.click_on("#search")
    browser.type("l0004_f02")
    browser.click_on("#results .row")
    equal(heading(browser), "l0004_f02", "a search finds a symbol")
    ok("bin/app0005" in browser.run("document.getElementById('details').textContent"),
       "and says who is bound to it")
    browser.press("Escape")
    browser.click_on("#search")
    browser.type("no such thing")
    ok("Nothing" in browser.run("document.getElementById('results').textContent"), "a search finds nothing")
    browser.press("Escape")
    browser.press("Escape")


def try_folding(browser):
    everything = browser.run("picture.nodes.length")
    browser.click_on("#fold")
    equal(browser.run("picture.nodes.length"), 40, "folded, a package stands for its images")
    ok(browser.run("picture.edges.some((e) => nodes[e.from].kind === 'package' && e.kind === 3)"),
       "and has their edges")
    click_node(browser, "package:app0005")
    equal(selected(browser), "package:app0005", "a click chooses a node")
    browser.press("Enter")
    equal(browser.run("picture.nodes.length"), 41, "Enter unfolds a package")
    click_node(browser, "package:app0005", 2)
    equal(browser.run("picture.nodes.length"), 40, "a double click folds it")
    browser.click_on("#unfold")
    equal(browser.run("picture.nodes.length"), everything, "all is unfolded")


def try_filters(browser):
    equal(browser.run("[...document.querySelectorAll('.chip')].map((c) => c.textContent)"),
          ["requires", "contains", "links privately", "binds to slot", "builds with"], "there is a filter for each kind")
    browser.click_on(".chip:nth-of-type(4)")
    equal(browser.run("picture.edges.filter((e) => e.kind === 3).length"), 0, "a kind of edge is filtered out")
    browser.click_on(".chip:nth-of-type(4)")
    ok(browser.run("picture.edges.filter((e) => e.kind === 3).length") > 0, "and comes back")
    equal(browser.run("picture.nodes.filter((n) => nodes[n].kind === 'tool').length"), 0, "compilers are not shown at first")
    browser.click_on(".chip:nth-of-type(5)")
    equal(browser.run("picture.nodes.filter((n) => nodes[n].kind === 'tool').length"), 2, "but can be")
    browser.click_on(".chip:nth-of-type(5)")
    click_node(browser, "package:app0005")
    browser.press("n")
    ok(browser.run("picture.nodes.map((n) => nodes[n].id).includes('slot:l0004')") and
       not browser.run("picture.nodes.map((n) => nodes[n].id).includes('package:app0006')"), "N leaves what it needs")
    browser.press("Escape")
    click_node(browser, "slot:l0004")
    browser.press("d")
    ok(browser.run("picture.nodes.map((n) => nodes[n].id).includes('program:bin/app0005')") and
       not browser.run("picture.nodes.map((n) => nodes[n].id).includes('slot:c')"), "D leaves what depends on it")
    browser.click_on("#everything")
    ok(browser.run("picture.nodes.length") > 60, "everything comes back")


def try_path(browser):
    click_node(browser, "package:app0005")
    browser.press("p")
    browser.type("slot:c")
    browser.press("Enter")
    steps = browser.run("[...document.querySelectorAll('#path-steps button')].map((b) => b.textContent)")
    equal((steps[:1], steps[-1:], len(steps)), (["app0005"], ["c"], 3), "the shortest path is found")
    ok("c_f" in browser.run("document.getElementById('path-steps').textContent"), "with symbols on its steps")
    ok(browser.run("findLit().edges.size") >= 2, "it stands out in the picture")
    picture(browser, "path")
    browser.click_on("#path-from")
    browser.run("document.getElementById('path-from').value = 'slot:c'")
    browser.run("document.getElementById('path-to').value = 'app0005'")
    browser.press("Enter")
    ok("No path" in browser.run("document.getElementById('path-steps').textContent"), "there is none backwards")
    browser.run("document.getElementById('path-to').value = 'nobody'")
    browser.press("Enter")
    ok("no nobody" in browser.run("document.getElementById('path-steps').textContent"), "nobody is told")
    browser.press("Escape")
    browser.press("Escape")


def try_slots(browser):
    browser.click_on("#tab-slots")
    rows = browser.run("[...document.querySelectorAll('#results .row')].map((r) => r.textContent)")
    ok(rows[0].startswith("c") and "users" in rows[0], "slots stand with their users, the most shared first", rows[:2])
    browser.click_on("#results .row")
    equal(selected(browser), "slot:c", "a slot can be chosen")
    text = browser.run("document.getElementById('details').textContent")
    ok("0x10000000" in text and "Shared by" in text, "its address and users are told")
    browser.click_on("#tab-nodes")


def try_keys(browser):
    browser.run("canvas.focus()")
    click_node(browser, "slot:c")
    browser.press("ArrowLeft")
    left = selected(browser)
    ok(left not in (None, "slot:c"), "an arrow key goes to another node", left)
    ok(browser.run(f"places.get(byId.get({json.dumps(left)}).index).x < places.get(byId.get('slot:c').index).x"),
       "which stands that way")
    before = browser.run("camera.scale")
    browser.press("+")
    ok(browser.run("camera.scale") > before, "plus comes nearer")
    browser.press("?")
    ok(browser.run("!document.getElementById('help').hidden"), "a question mark shows the keys")
    browser.press("?")
    browser.press("/")
    equal(browser.run("document.activeElement.id"), "search", "a slash goes to the search")
    browser.press("ArrowDown")
    equal(browser.run("document.activeElement.className"), "row", "down goes to the list")
    browser.press("Enter")
    ok(selected(browser) is not None, "Enter chooses there")
    reachable = browser.run("[...document.querySelectorAll('button, input, canvas, summary')]"
                            ".filter((e) => e.offsetParent && e.tabIndex < 0).length")
    equal(reachable, 0, "every control can be reached by Tab")


def try_themes(browser):
    light = browser.run("getComputedStyle(document.body).backgroundColor")
    picture(browser, "light")
    browser.click_on("#theme")
    ok(browser.run("getComputedStyle(document.body).backgroundColor") != light, "there is a dark theme")
    picture(browser, "dark")
    browser.click_on("#theme")
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    equal(browser.run("document.documentElement.dataset.theme"), "dark", "the system's choice is followed")
    browser.send("Emulation.setEmulatedMedia", features=[])


def try_many(browser, directory):
    browser.open("file://" + page_of(os.path.join(directory, "many"), 1000, directory))
    equal(browser.run("picture.nodes.length"), 1000, "a thousand packages are drawn, folded")
    ok(browser.run("new Set(pen.getImageData(0, 0, canvas.width, canvas.height).data).size") > 50,
       "there is something on the canvas")
    picture(browser, "many")
    click_node(browser, "package:lib0304")
    equal(selected(browser), "package:lib0304", "one of them can be chosen by a click")
    picture(browser, "many-chosen")
    browser.press("n")
    ok(2 < browser.run("picture.nodes.length") < 100, "and looked at alone")
    picture(browser, "many-needs")
    browser.click_on("#unfold")
    browser.click_on("#everything")
    ok(browser.run("picture.nodes.length") > 1800, "all images of all packages can be drawn")


def main():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("1..0 # SKIP no Chromium here (the Debian package chromium)")
        return 0
    directory = tempfile.mkdtemp(prefix="weld-page.")
    browser = None
    try:
        # The name of a directory could end an element or a script.
        root = os.path.join(directory, "a<!--<script>&b<", "script><b>")
        os.mkdir(os.path.dirname(root))
        url = "file://" + page_of(root, 40, directory)
        browser = Browser(program)
        browser.open(url)
        equal(browser.run("document.querySelector('h1').textContent"), root, "a name is only text")
        ok(browser.run("nodes.length") > 60 and browser.run("edges.length") > 200, "the graph is there")
        for attempt in (try_finding, try_folding, try_filters, try_path, try_slots, try_keys, try_themes):
            attempt(browser)
        try_many(browser, directory)
        equal(browser.errors, [], "no script failed")
        equal([url for url in browser.requests if not url.startswith("file://" + directory)], [],
              "nothing was asked of a network")
        equal(len(browser.requests), 2, "nothing but the page itself was loaded")
    finally:
        if browser:
            browser.close()
        subprocess.run(["chmod", "-R", "u+w", directory], check=False)
        shutil.rmtree(directory, ignore_errors=True)
    return tap.done()


sys.exit(main())
