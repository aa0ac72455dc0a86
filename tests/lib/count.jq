# SPDX-License-Identifier: MIT
# count.jq: the closing line of ./check, from meson's testlog.json files (jq -nrf count.jq FILE ...).
#
# Each TAP result counts by itself. A test that ended badly without a failed result (it crashed, gave
# up, or took too long) counts as one failure more; a test that says nothing, by its status.

def lines_of: (.stdout // "") | split("\n");
def failures: map(select(test("^not ok\\b"))) | length;
def skips: map(select(test("^ok\\b.*# SKIP"; "i"))) | length;
def passes: (map(select(test("^ok\\b"))) | length) - skips;

def counts_of:
	lines_of as $lines
	| ($lines | failures) as $failed
	| (.result == "OK" or .result == "SKIP") as $good
	| { passed: ($lines | passes), failed: $failed, skipped: ($lines | skips) }
	| if $good or $failed > 0 then . else .failed += 1 end
	| if (.passed + .failed + .skipped) > 0 then .
	  elif .result == "SKIP" then .skipped = 1
	  else .passed = 1 end;

reduce (inputs | counts_of) as $one ({ passed: 0, failed: 0, skipped: 0 };
	{ passed: (.passed + $one.passed), failed: (.failed + $one.failed),
	  skipped: (.skipped + $one.skipped) })
| "\(.passed) passed, \(.failed) failed, \(.skipped) skipped"
