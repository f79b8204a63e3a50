#!/usr/bin/env python3
"""gen_big.py DIR N: writes big.{c,go,ml,rs,java,js,lua,vitasm}: N functions of about ten lines each.

Every function does integer arithmetic, a short loop, a branch, an array access and one or two
calls of earlier functions; the same in each language.  Prints the line counts."""
import os, sys

d, n = sys.argv[1], int(sys.argv[2])


def calls(i):
    # (callee, callee): earlier functions, chosen so that the call depth stays small
    return (i // 2, i // 3) if i >= 4 else (None, None)


def gen(ext, head, fn, tail):
    out = [head]
    for i in range(n):
        a, b = calls(i)
        out.append(fn(i, a, b, i % 7 + 1, i % 13 + 2, i % 5))
    out.append(tail)
    s = "\n".join(out) + "\n"
    open(os.path.join(d, "big." + ext), "w").write(s)
    return "%s %d lines %d KiB" % (ext, s.count("\n"), len(s) // 1024)


def c(i, a, b, k, m, q):
    call = "        s += f%d(x - 1, t) ^ f%d(x - 2, t);" % (a, b) if a is not None else "        s += x;"
    return """static int f%d(int x, int *t) {
    int s = x * %d + t[%d];
    for (int j = 0; j < %d; j++) {
        s = (s << 1) ^ (s >> 3) ^ (j * %d);
        t[j & 7] += s & 15;
    }
    if (x > 0) {
%s
    } else {
        s -= t[%d] * %d;
    }
    return s & 0xffff;
}
""" % (i, k, q, k, m, call, (q + 1) % 8, m)


def go(i, a, b, k, m, q):
    call = "\t\ts += f%d(x-1, t) ^ f%d(x-2, t)" % (a, b) if a is not None else "\t\ts += x"
    return """func f%d(x int, t []int) int {
	s := x*%d + t[%d]
	for j := 0; j < %d; j++ {
		s = (s << 1) ^ (s >> 3) ^ (j * %d)
		t[j&7] += s & 15
	}
	if x > 0 {
%s
	} else {
		s -= t[%d] * %d
	}
	return s & 0xffff
}
""" % (i, k, q, k, m, call, (q + 1) % 8, m)


def rs(i, a, b, k, m, q):
    call = "        s += f%d(x - 1, t) ^ f%d(x - 2, t);" % (a, b) if a is not None else "        s += x;"
    return """fn f%d(x: i64, t: &mut [i64]) -> i64 {
    let mut s = x * %d + t[%d];
    for j in 0..%d {
        s = (s << 1) ^ (s >> 3) ^ (j * %d);
        t[(j & 7) as usize] += s & 15;
    }
    if x > 0 {
%s
    } else {
        s -= t[%d] * %d;
    }
    s & 0xffff
}
""" % (i, k, q, k, m, call, (q + 1) % 8, m)


def ml(i, a, b, k, m, q):
    call = "    s := !s + (f%d (x - 1) t lxor f%d (x - 2) t)" % (a, b) if a is not None else "    s := !s + x"
    return """let f%d x (t : int array) =
  let s = ref (x * %d + t.(%d)) in
  for j = 0 to %d do
    s := (!s lsl 1) lxor (!s asr 3) lxor (j * %d);
    let k = j land 7 in
    t.(k) <- t.(k) + !s land 15
  done;
  if x > 0 then
%s
  else
    s := !s - t.(%d) * %d;
  !s land 0xffff
""" % (i, k, q, k - 1, m, call, (q + 1) % 8, m)


def java(i, a, b, k, m, q):
    # a class holds at most 65535 methods and constants: 500 functions a class
    w = lambda z: "f%d" % z if z // 500 == i // 500 else "C%d.f%d" % (z // 500, z)
    call = "            s += %s(x - 1, t) ^ %s(x - 2, t);" % (w(a), w(b)) if a is not None else "            s += x;"
    pre = ("}\n" if i else "") + "class C%d {\n" % (i // 500) if i % 500 == 0 else ""
    return pre + """    static int f%d(int x, int[] t) {
        int s = x * %d + t[%d];
        for (int j = 0; j < %d; j++) {
            s = (s << 1) ^ (s >> 3) ^ (j * %d);
            t[j & 7] += s & 15;
        }
        if (x > 0) {
%s
        } else {
            s -= t[%d] * %d;
        }
        return s & 0xffff;
    }
""" % (i, k, q, k, m, call, (q + 1) % 8, m)


def js(i, a, b, k, m, q):
    call = "    s += f%d(x - 1, t) ^ f%d(x - 2, t);" % (a, b) if a is not None else "    s += x;"
    return """function f%d(x, t) {
  let s = x * %d + t[%d];
  for (let j = 0; j < %d; j++) {
    s = (s << 1) ^ (s >> 3) ^ (j * %d);
    t[j & 7] += s & 15;
  }
  if (x > 0) {
%s
  } else {
    s -= t[%d] * %d;
  }
  return s & 0xffff;
}
""" % (i, k, q, k, m, call, (q + 1) % 8, m)


def lua(i, a, b, k, m, q):
    call = "    s = s + bxor(F[%d](x - 1, t), F[%d](x - 2, t))" % (a, b) if a is not None else "    s = s + x"
    return """F[%d] = function(x, t)
  local s = x * %d + t[%d]
  for j = 0, %d do
    s = bxor(lshift(s, 1), arshift(s, 3), j * %d)
    local k = band(j, 7)
    t[k] = t[k] + band(s, 15)
  end
  if x > 0 then
%s
  else
    s = s - t[%d] * %d
  end
  return band(s, 0xffff)
end
""" % (i, k, q, k - 1, m, call, (q + 1) % 8, m)


def vitasm(i, a, b, k, m, q):
    if a is not None:
        call = """  SUB r1, x, one
  CALL r1, f%d, r1, t
  SUB r2, x, two
  CALL r2, f%d, r2, t
  XOR r1, r1, r2
  ADD s, s, r1""" % (a, b)
    else:
        call = "  ADD s, s, x"
    return """FUNC f%d(x: int, t: [int]) -> int
  REG r0 s, r1, r2, r3 j, r4 k, r5 m, r6 one, r7 two, r8: int
  REG r9: bool
  LOAD_CONST one, 1
  LOAD_CONST two, 2
  LOAD_CONST k, %d
  LOAD_CONST m, %d
  MUL s, x, k
  LOAD_CONST r1, %d
  LIST_GET r2, t, r1
  ADD s, s, r2
  LOAD_CONST j, 0
loop:
  LT r9, j, k
  IF_NOT r9, done
  SHL r1, s, one
  LOAD_CONST r2, 3
  SHR r2, s, r2
  XOR s, r1, r2
  MUL r1, j, m
  XOR s, s, r1
  LOAD_CONST r1, 7
  AND r1, j, r1
  LIST_GET r2, t, r1
  LOAD_CONST r8, 15
  AND r8, s, r8
  ADD r2, r2, r8
  LIST_SET t, r1, r2
  ADD j, j, one
  JUMP loop
done:
  LOAD_CONST r1, 0
  GT r9, x, r1
  IF_NOT r9, other
%s
  JUMP end
other:
  LOAD_CONST r1, %d
  LIST_GET r1, t, r1
  MUL r1, r1, m
  SUB s, s, r1
end:
  LOAD_CONST r1, 0xffff
  AND s, s, r1
  RETURN s
END
""" % (i, k, m, q, call, (q + 1) % 8)


last, step = n - 1, max(1, n // 100)
seq = list(range(0, n, 1))
print("; ".join([
    gen("c", "#include <stdio.h>\n", c,
        "typedef int (*F)(int, int *);\nstatic F all[] = {" + ",".join("f%d" % i for i in seq) +
        "};\nint main(void) {\n    int t[8] = {0}, s = 0;\n    for (int i = 0; i < %d; i++) s ^= all[i](1, t);\n    printf(\"%%d\\n\", s);\n    return 0;\n}" % n),
    gen("go", "package main\n\nimport \"fmt\"\n", go,
        "var all []func(int, []int) int\n\nfunc init() {\n\tall = []func(int, []int) int{" + ", ".join("f%d" % i for i in seq) +
        "}\n}\n\nfunc main() {\n\tt, s := make([]int, 8), 0\n\tfor _, f := range all {\n\t\ts ^= f(1, t)\n\t}\n\tfmt.Println(s)\n}"),
    gen("rs", "#![allow(dead_code)]", rs,
        "static ALL: [fn(i64, &mut [i64]) -> i64; %d] = [" % n + ",".join("f%d" % i for i in seq) +
        "];\nfn main() {\n    let (mut t, mut s) = ([0i64; 8], 0);\n    for f in ALL.iter() {\n        s ^= f(1, &mut t);\n    }\n    println!(\"{}\", s);\n}"),
    gen("ml", "", ml,
        "let all = [|" + ";".join("f%d" % i for i in seq) + "|]\nlet () =\n  let t = Array.make 8 0 and s = ref 0 in\n  Array.iter (fun f -> s := !s lxor f 1 t) all;\n  Printf.printf \"%d\\n\" !s"),
    gen("java", "", java,
        "}\nclass Main {\n    public static void main(String[] a) {\n        int[] t = new int[8];\n        int s = 0;\n" +
        "\n".join("        s ^= C%d.f%d(1, t);" % (i // 500, i) for i in range(0, n, 10)) +
        "\n        System.out.println(s);\n    }\n}"),
    gen("js", "\"use strict\";", js,
        "const all = [" + ",".join("f%d" % i for i in seq) + "], t = [0, 0, 0, 0, 0, 0, 0, 0];\nlet s = 0;\nfor (const f of all) s ^= f(1, t);\nconsole.log(s);"),
    gen("lua", "local bit = require(\"bit\")\nlocal band, bxor, lshift, arshift = bit.band, bit.bxor, bit.lshift, bit.arshift\nlocal F = {}", lua,
        "local t, s = {}, 0\nfor i = 0, 7 do t[i] = 0 end\nfor i = 0, %d do s = bxor(s, F[i](1, t)) end\nprint(s)" % (n - 1)),
    gen("vitasm", "MODULE big\n", vitasm,
        "MAIN\n  REG r0 s, r1, r2, r3: int\n  REG r4 t: [int]\n  LOAD_CONST r1, 8\n  LOAD_CONST r2, 0\n  LIST_FILL t, r1, r2\n"
        "  LOAD_CONST s, 0\n  LOAD_CONST r1, 1\n" +
        "\n".join("  CALL r2, f%d, r1, t\n  XOR s, s, r2" % i for i in seq) + "\n  PRINT s\nEND"),
]))
