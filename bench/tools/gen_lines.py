#!/usr/bin/env python3
"""gen_lines.py FILE N: writes about N lines of Vitte that use most of the language: structs and methods, enums and
match, generics, closures, maps, strings with values in them, errors, loops.  Prints how many lines there are."""
import sys

file, n = sys.argv[1], int(sys.argv[2])

UNIT = """
/// A thing of kind {i}.
struct Item{i} {{ id: int, name: str, size: float = {k}.5, tags: [str] }}
enum Shape{i} {{ Circle(float), Rect {{ w: float, h: float }}, Empty }}

impl Item{i} {{
    fn new(id: int) -> Item{i} {{ Item{i} {{ id, name: "item {{id}}", tags: [] }} }}
    fn weight(self) -> float {{
        let base = self.size * (self.id % {m}) as float
        if base > {k}.0 {{ base / 2.0 }} else {{ base + 1.0 }}
    }}
    fn tag(self, text: str) {{
        if not self.tags.contains(text) {{ self.tags.push(text) }}
    }}
}}

fn area{i}(s: Shape{i}) -> float {{
    match s {{
        Circle(r) => 3.14159 * r * r,
        Rect {{ w, h }} if w > 0.0 => w * h,
        Rect {{ .. }} => 0.0,
        Empty => 0.0,
    }}
}}

fn sum{i}(limit: int, t: [int]) -> int {{
    let mut s = limit * {k} + t[{q}]
    for j in 0..{k} {{
        s = (s << 1) ^ (s >> 3) ^ (j * {m})
        t[j & 7] += s & 15
        if s > 1_000_000 {{ s %= {m} }}
    }}
    while s > {m} and s % 2 == 0 {{
        s /= 2
    }}
    s & 0xffff
}}

fn count{i}(words: [str]) -> {{str: int}} {{
    let counts: {{str: int}} = {{:}}
    for word in words {{
        counts[word] = (counts.get(word) ?? 0) + {k}
    }}
    counts
}}

fn pick{i}[T: Ord](xs: [T], least: T) -> T? {{
    let mut best: T? = nil
    for x in xs {{
        if x < least {{ continue }}
        if let b = best and b >= x {{ continue }}
        best = x
    }}
    best
}}

fn use{i}(n: int) -> int {{
    let item = Item{i}.new(n)
    item.tag("tag {{n}} of {i}")
    let shapes = [Shape{i}.Circle(1.0), Rect {{ w: 2.0, h: item.weight() }}, Empty]
    let areas = shapes.map(|s| area{i}(s)).filter(|a| a > 0.5)
    let words = count{i}(["a", "b", item.name])
    let total = try {{
        sum{i}(n, [1, 2, 3, 4, 5, 6, 7, 8])
    }} catch e: IndexError {{
        eprint("failed: {{e.message}}")
        0
    }}
    let best = pick{i}([n, total, {m}], {q}) ?? -1
    total + best + areas.len() + words.len() + item.tags.len()
}}
"""

per = UNIT.count("\n") + 1
units = max(1, n // per)
with open(file, "w") as out:
    for i in range(units):
        out.write(UNIT.format(i=i, k=i % 7 + 1, m=i % 13 + 2, q=i % 5))
    out.write("\nlet mut s = 0\n")
    for i in range(units):
        out.write("s ^= use%d(%d)\n" % (i, i % 10))
    out.write("print(s)\n")
print(sum(1 for _ in open(file)))
