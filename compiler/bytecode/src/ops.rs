//! The instruction table: one row per instruction, from which everything else derives.
//!
//! A row reads
//!
//! ```text
//! /// what it does
//! 0x10 ADD = Add { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Arith } [Throws];
//! ```
//!
//! number, mnemonic, Rust name, operands, constraints on the type variables, effects. Numbers are written out and
//! never reused.
//!
//! **Operand kinds.** `Def<P>` is a register written and `Use<P>` one read, whose declared type must match the
//! pattern `P`. `OptDef` is a destination that may be left out. `Uses` is a list of registers. The others are
//! immediate: `Const`, `Param`, `Field`, `Variant`, `Method`, `Capture` (indices), `Type`, `Func`, `Extern`,
//! `Native`, `Global`, `Label`, `Labels` and `Imm` (a signed 64-bit integer).
//!
//! **Type patterns.** `T U K V` are variables, bound at their first occurrence; `Int Bool Str …` are types; `[T]`
//! is a list, or `bytes` with `T` = `u8`, and all lists of an instruction are of one type; `{K V}` a map; `(opt T)` an
//! optional. A variable stands for `unit` in `MOVE` only. `_` matches anything here, and the verifier has a rule of its
//! own for the instruction (`where { Special }`).
//!
//! **Effects.** `Throws` may raise an exception, `Allocs` may allocate on the heap (and so collect), `Ends` never
//! falls through, `Foreign` needs the module's `foreign` flag, `Waits` may suspend the process.

/// Calls `$callback!` with all rows of the instruction table.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => { $callback! {
        // ---- Moving values ---------------------------------------------------------------------------------------
        /// Do nothing.
        0x00 NOP = Nop { } where { } [];
        /// `dst = constant`. Into an `any` or optional register the constant is wrapped; a byte sequence
        /// is fresh `bytes` each time, or a fresh list of the numbers in it: see `TABLE_GET`.
        0x01 LOAD_CONST = LoadConst { dst: Def<_>, value: Const } where { Special } [Allocs];
        /// `dst = parameter`, by its position; in text by its name.
        0x02 LOAD_ARG = LoadArg { dst: Def<_>, param: Param } where { Special } [];
        /// `dst = src`.
        0x03 MOVE = Move { dst: Def<T>, src: Use<T> } where { } [];
        /// `dst = global`, a constant of the module.
        0x04 LOAD_GLOBAL = LoadGlobal { dst: Def<_>, global: Global } where { Special } [];
        /// `dst` = the captured value number `capture` of the running closure.
        0x05 LOAD_CAPTURE = LoadCapture { dst: Def<_>, capture: Capture } where { Special } [];

        // ---- Arithmetic ------------------------------------------------------------------------------------------
        /// `dst = a + b`. Integers wrap; on `str` and on two strings in `any` it concatenates. On `any` both sides
        /// must be of one type, else `TypeError`.
        0x10 ADD = Add { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Addable } [Throws Allocs];
        /// `dst = a - b`, wrapping.
        0x11 SUB = Sub { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Arith } [Throws Allocs];
        /// `dst = a * b`, wrapping.
        0x12 MUL = Mul { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Arith } [Throws Allocs];
        /// `dst = a / b`. Integers truncate toward zero and raise `DivideByZero`; `MIN / -1` wraps to `MIN`.
        0x13 DIV = Div { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Arith } [Throws Allocs];
        /// `dst = a % b`, with the sign of `a`. Integers raise `DivideByZero`; `MIN % -1` is 0; floats are C's `fmod`.
        0x14 REM = Rem { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Arith } [Throws Allocs];
        /// `dst = -src`, wrapping.
        0x15 NEG = Neg { dst: Def<T>, src: Use<T> } where { T: Arith } [Throws Allocs];
        /// `dst = a & b`; on `bool` logical and, both sides evaluated.
        0x16 AND = And { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Bits } [Throws Allocs];
        /// `dst = a | b`; on `bool` logical or, both sides evaluated.
        0x17 OR = Or { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Bits } [Throws Allocs];
        /// `dst = a ^ b`; on `bool` logical exclusive or.
        0x18 XOR = Xor { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Bits } [Throws Allocs];
        /// `dst = !src`: all bits inverted; on `bool` logical not.
        0x19 NOT = Not { dst: Def<T>, src: Use<T> } where { T: Bits } [Throws Allocs];
        /// `dst = a << b`, the count taken modulo the width of `T`.
        0x1a SHL = Shl { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Integer } [];
        /// `dst = a >> b`, filling with the sign on signed types and with zeros on unsigned ones; the count is taken
        /// modulo the width of `T`.
        0x1b SHR = Shr { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Integer } [];
        /// `dst = a >> b`, filling with zeros; the count is taken modulo the width of `T`.
        0x1c USHR = Ushr { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Integer } [];
        /// `dst = |src|`; on integers `|MIN|` wraps to `MIN`.
        0x1d ABS = Abs { dst: Def<T>, src: Use<T> } where { T: Num } [];
        /// `dst` = the lesser; on floats NaN if either is NaN, and `-0.0 < 0.0`.
        0x1e MIN = Min { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Num } [];
        /// `dst` = the greater; on floats NaN if either is NaN, and `-0.0 < 0.0`.
        0x1f MAX = Max { dst: Def<T>, a: Use<T>, b: Use<T> } where { T: Num } [];
        /// `dst = √src`, correctly rounded; NaN for negative numbers.
        0x20 SQRT = Sqrt { dst: Def<T>, src: Use<T> } where { T: Real } [];
        /// `dst` = the greatest whole number not above `src`.
        0x21 FLOOR = Floor { dst: Def<T>, src: Use<T> } where { T: Real } [];
        /// `dst` = the least whole number not below `src`.
        0x22 CEIL = Ceil { dst: Def<T>, src: Use<T> } where { T: Real } [];
        /// `dst` = `src` without its fraction.
        0x23 TRUNC = Trunc { dst: Def<T>, src: Use<T> } where { T: Real } [];
        /// `dst` = the whole number nearest to `src`, ties to even.
        0x24 NEAREST = Nearest { dst: Def<T>, src: Use<T> } where { T: Real } [];
        /// `dst` = the number of one bits of `src`.
        0x25 POPCNT = Popcnt { dst: Def<T>, src: Use<T> } where { T: Integer } [];
        /// `dst` = the number of leading zero bits of `src`; the width of `T` for 0.
        0x26 CLZ = Clz { dst: Def<T>, src: Use<T> } where { T: Integer } [];
        /// `dst` = the number of trailing zero bits of `src`; the width of `T` for 0.
        0x27 CTZ = Ctz { dst: Def<T>, src: Use<T> } where { T: Integer } [];
        /// `dst = src` in another scalar type. Integers are sign- or zero-extended by their own type, or cut to the
        /// lower bits; float to integer saturates and NaN gives 0; integer to float rounds to nearest even; `bool`
        /// gives 0 or 1.
        0x28 CONVERT = Convert { dst: Def<T>, src: Use<U> } where { T: Num, U: Scalar } [];
        /// `dst` = the bits of `src` in a type of the same width (`int`/`u64`/`float`, `i32`/`u32`/`f32`; with the
        /// `foreign` flag, `int`/`u64`/`ptr`).
        0x29 BITCAST = Bitcast { dst: Def<_>, src: Use<_> } where { Special } [];

        // ---- Comparison ------------------------------------------------------------------------------------------
        /// `dst = a == b`: by value on scalars, strings, bytes, lists, maps, tuples, enums, optionals and `any`;
        /// by identity on structs, closures and trait objects. NaN differs from itself.
        0x30 EQ = Eq { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { } [Throws];
        /// `dst = a != b`, the negation of `EQ`.
        0x31 NE = Ne { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { } [Throws];
        /// `dst = a < b`; strings by their bytes. On `any` both sides must be of one ordered type, else `TypeError`.
        0x32 LT = Lt { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { T: Ord } [Throws];
        /// `dst = a <= b`.
        0x33 LE = Le { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { T: Ord } [Throws];
        /// `dst = a > b`.
        0x34 GT = Gt { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { T: Ord } [Throws];
        /// `dst = a >= b`.
        0x35 GE = Ge { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { T: Ord } [Throws];
        /// `dst` = whether `a` and `b` are the same object.
        0x36 SAME = Same { dst: Def<Bool>, a: Use<T>, b: Use<T> } where { T: Object } [];
        /// `dst` = the hash of `src`, equal for values that `EQ` calls equal; not stable across versions.
        0x37 HASH = Hash { dst: Def<Int>, src: Use<T> } where { T: Key } [];

        // ---- Control -----------------------------------------------------------------------------------------------
        /// Continue at `target`.
        0x40 JUMP = Jump { target: Label } where { } [Ends];
        /// Continue at `target` if `cond` is true, else fall through. On `any` the value must be a `bool`, else
        /// `TypeError`.
        0x41 IF = If { cond: Use<T>, target: Label } where { T: Truth } [Throws];
        /// Continue at `target` if `cond` is false, else fall through.
        0x42 IF_NOT = IfNot { cond: Use<T>, target: Label } where { T: Truth } [Throws];
        /// Continue at `target` if `src` is nil, else fall through.
        0x43 IF_NIL = IfNil { src: Use<T>, target: Label } where { T: Nullable } [];
        /// Continue at `targets[value]`, or fall through if `value` is not below their number.
        0x44 SWITCH = Switch { value: Use<Int>, targets: Labels } where { } [];
        /// Return `value` to the caller, or nothing from a function whose result is `unit`.
        0x45 RETURN = Return { value: OptUse } where { Special } [Ends];
        /// This instruction is never reached; if it is, the program says so and ends with the exit code 132.
        0x46 UNREACHABLE = Unreachable { } where { } [Ends];

        // ---- Calls ---------------------------------------------------------------------------------------------------
        /// `dst = func(args)`, a function of this module or an imported one.
        0x50 CALL = Call { dst: OptDef, func: Func, args: Uses } where { Special } [Throws Allocs];
        /// `dst = callee(args)`, through a function value.
        0x51 CALL_CLOSURE = CallClosure { dst: OptDef, callee: Use<_>, args: Uses } where { Special } [Throws Allocs];
        /// `dst = object.method(args)`: `ty` is the trait, `object` a trait object.
        0x52 CALL_METHOD = CallMethod { dst: OptDef, ty: Type, method: Method, object: Use<_>, args: Uses } where { Special } [Throws Allocs];
        /// `dst = native(args)`, a function of the runtime.
        0x53 CALL_NATIVE = CallNative { dst: OptDef, native: Native, args: Uses } where { Special } [Throws Allocs Waits];
        /// `dst = external(args)`, a function of the C library or another library; may have more arguments than
        /// parameters if it is variadic. A `str` is passed as a pointer to its bytes, followed by a zero byte.
        0x54 CALL_EXTERN = CallExtern { dst: OptDef, external: Extern, args: Uses } where { Special } [Throws Waits Foreign];
        /// Return `func(args)`, reusing the frame. Not inside a try region.
        0x55 TAIL_CALL = TailCall { func: Func, args: Uses } where { Special } [Throws Allocs Ends];
        /// Return `callee(args)`, reusing the frame. Not inside a try region.
        0x56 TAIL_CALL_CLOSURE = TailCallClosure { callee: Use<_>, args: Uses } where { Special } [Throws Allocs Ends];
        /// `dst` = a function value for `func` with `captures` as its captured values.
        0x57 CLOSURE = Closure { dst: Def<_>, func: Func, captures: Uses } where { Special } [Allocs];
        /// `dst` = the address of a C function that calls `func`, for callbacks.
        0x58 CALLBACK = Callback { dst: Def<Ptr>, func: Func } where { Special } [Foreign];

        // ---- Exceptions ------------------------------------------------------------------------------------------------
        /// Raise `value`; the stack trace begins here.
        0x60 THROW = Throw { value: Use<Any> } where { } [Throws Ends];
        /// Raise the exception `value` that a handler received, keeping its stack trace.
        0x61 RETHROW = Rethrow { value: Use<Any> } where { } [Throws Ends];
        /// `dst` = the stack trace of the exception that a handler of this process received last.
        0x62 STACK_TRACE = StackTrace { dst: Def<Str> } where { } [Allocs];

        // ---- Structs, tuples, enums --------------------------------------------------------------------------------------
        /// `dst` = a new struct or tuple of type `ty` with the given field values.
        0x70 ALLOC = Alloc { dst: Def<_>, ty: Type, fields: Uses } where { Special } [Allocs];
        /// `dst` = field `field` of the struct or tuple `object`.
        0x71 LOAD = Load { dst: Def<_>, object: Use<_>, field: Field } where { Special } [];
        /// Field `field` of the struct `object` = `value`.
        0x72 STORE = Store { object: Use<_>, field: Field, value: Use<_> } where { Special } [];
        /// `dst` = variant `variant` of the enum `ty` with the given payload.
        0x73 ALLOC_VARIANT = AllocVariant { dst: Def<_>, ty: Type, variant: Variant, fields: Uses } where { Special } [Allocs];
        /// `dst` = the number of the variant of the enum value `object`.
        0x74 TAG = Tag { dst: Def<Int>, object: Use<T> } where { T: Enum } [];
        /// `dst` = payload field `field` of `object`, which must be of variant `variant`, else `TypeError`.
        0x75 LOAD_VARIANT = LoadVariant { dst: Def<_>, object: Use<_>, variant: Variant, field: Field } where { Special } [Throws];

        // ---- Optionals, any, trait objects ---------------------------------------------------------------------------------
        /// `dst = src` as an optional.
        0x80 WRAP = Wrap { dst: Def<(opt T)>, src: Use<T> } where { } [Allocs];
        /// `dst` = the value in `src`, or `NilError`.
        0x81 UNWRAP = Unwrap { dst: Def<T>, src: Use<(opt T)> } where { } [Throws];
        /// `dst` = whether `src` is nil.
        0x82 IS_NIL = IsNil { dst: Def<Bool>, src: Use<T> } where { T: Nullable } [];
        /// `dst = src` as `any`, together with its type.
        0x83 TO_ANY = ToAny { dst: Def<Any>, src: Use<T> } where { } [Allocs];
        /// `dst = src` if `src` is of the type of `dst`, else `TypeError`. An optional accepts nil.
        0x84 FROM_ANY = FromAny { dst: Def<T>, src: Use<Any> } where { } [Throws];
        /// `dst` = whether `src` is of type `ty`; for a trait, whether its type implements it.
        0x85 IS_TYPE = IsType { dst: Def<Bool>, src: Use<Any>, ty: Type } where { } [];
        /// `dst` = `src` as a trait object; its type must implement the trait of `dst`.
        0x86 TO_TRAIT = ToTrait { dst: Def<_>, src: Use<_> } where { Special } [Allocs];

        // ---- Strings ------------------------------------------------------------------------------------------------------
        /// `dst` = the text of `src`, as `PRINT` shows it.
        0x90 TO_STR = ToStr { dst: Def<Str>, src: Use<T> } where { } [Allocs];
        /// `dst` = all `parts`, which are `str`, one after the other.
        0x91 STR_CONCAT = StrConcat { dst: Def<Str>, parts: Uses } where { Special } [Throws Allocs];
        /// `dst` = the length of `src` in bytes.
        0x92 STR_LEN = StrLen { dst: Def<Int>, src: Use<Str> } where { } [];
        /// `dst` = byte number `index` of `src`, or `IndexError`.
        0x93 STR_BYTE = StrByte { dst: Def<Int>, src: Use<Str>, index: Use<Int> } where { } [Throws];
        /// `dst` = the bytes `start .. end` of `src`; `IndexError` out of range or off a character boundary.
        0x94 STR_SLICE = StrSlice { dst: Def<Str>, src: Use<Str>, start: Use<Int>, end: Use<Int> } where { } [Throws Allocs];
        /// Write the text of `src` and a newline to standard output.
        0x95 PRINT = Print { src: Use<T> } where { } [Throws];

        // ---- Lists and bytes ------------------------------------------------------------------------------------------------
        /// `dst` = a new list of `items`.
        0xa0 LIST = List { dst: Def<_>, items: Uses } where { Special } [Allocs];
        /// `dst` = a new list of `len` copies of `value`; `IndexError` if `len` is negative.
        0xa1 LIST_FILL = ListFill { dst: Def<[T]>, len: Use<Int>, value: Use<T> } where { } [Throws Allocs];
        /// `dst` = the number of items.
        0xa2 LIST_LEN = ListLen { dst: Def<Int>, list: Use<[T]> } where { } [];
        /// `dst = list[index]`, or `IndexError`.
        0xa3 LIST_GET = ListGet { dst: Def<T>, list: Use<[T]>, index: Use<Int> } where { } [Throws];
        /// `list[index] = value`, or `IndexError`.
        0xa4 LIST_SET = ListSet { list: Use<[T]>, index: Use<Int>, value: Use<T> } where { } [Throws];
        /// Append `value`.
        0xa5 LIST_PUSH = ListPush { list: Use<[T]>, value: Use<T> } where { } [Throws Allocs];
        /// `dst` = the last item, taken away; `IndexError` if there is none.
        0xa6 LIST_POP = ListPop { dst: Def<T>, list: Use<[T]> } where { } [Throws];
        /// Insert `value` before item `index`, which may be the length; else `IndexError`.
        0xa7 LIST_INSERT = ListInsert { list: Use<[T]>, index: Use<Int>, value: Use<T> } where { } [Throws Allocs];
        /// `dst` = item `index`, taken away; or `IndexError`.
        0xa8 LIST_REMOVE = ListRemove { dst: Def<T>, list: Use<[T]>, index: Use<Int> } where { } [Throws];
        /// `dst` = a new list of the items `start .. end`, or `IndexError`.
        0xa9 LIST_SLICE = ListSlice { dst: Def<[T]>, list: Use<[T]>, start: Use<Int>, end: Use<Int> } where { } [Throws Allocs];
        /// Append all items of `other`.
        0xaa LIST_EXTEND = ListExtend { list: Use<[T]>, other: Use<[T]> } where { } [Throws Allocs];
        /// Drop the items from `len` on; no effect if there are fewer. `IndexError` if `len` is negative.
        0xab LIST_TRUNCATE = ListTruncate { list: Use<[T]>, len: Use<Int> } where { } [Throws];
        /// Make room for `capacity` items in all.
        0xac LIST_RESERVE = ListReserve { list: Use<[T]>, capacity: Use<Int> } where { } [Throws Allocs];
        /// Copy `len` items from `src[from ..]` to `dst[at ..]`, as if through a third list; or `IndexError`.
        0xad LIST_COPY = ListCopy { list: Use<[T]>, at: Use<Int>, src: Use<[T]>, from: Use<Int>, len: Use<Int> } where { } [Throws];
        /// `dst` = item `index` of a constant byte sequence that holds numbers of the type of `dst`, one after the other,
        /// the least byte first; or `IndexError`.
        0xae TABLE_GET = TableGet { dst: Def<_>, table: Const, index: Use<Int> } where { Special } [Throws];

        // ---- Maps -----------------------------------------------------------------------------------------------------------
        /// `dst` = a new, empty map.
        0xb0 MAP_NEW = MapNew { dst: Def<{K V}> } where { } [Allocs];
        /// `dst` = the number of entries.
        0xb1 MAP_LEN = MapLen { dst: Def<Int>, map: Use<{K V}> } where { } [];
        /// `dst = map[key]`, or `KeyError`.
        0xb2 MAP_GET = MapGet { dst: Def<V>, map: Use<{K V}>, key: Use<K> } where { } [Throws];
        /// `dst` = the value of `key`, or nil. `V` is not itself an optional or `any`.
        0xb3 MAP_FIND = MapFind { dst: Def<(opt V)>, map: Use<{K V}>, key: Use<K> } where { } [Allocs];
        /// `dst` = whether `key` has an entry.
        0xb4 MAP_HAS = MapHas { dst: Def<Bool>, map: Use<{K V}>, key: Use<K> } where { } [];
        /// `map[key] = value`. A new key goes to the end of the order, an old one keeps its place.
        0xb5 MAP_SET = MapSet { map: Use<{K V}>, key: Use<K>, value: Use<V> } where { } [Throws Allocs];
        /// Remove the entry of `key`; `dst` = whether there was one. The order of the others stays.
        0xb6 MAP_REMOVE = MapRemove { dst: Def<Bool>, map: Use<{K V}>, key: Use<K> } where { } [];
        /// `dst` = the first position not below `pos` that holds an entry, or -1. Start at 0, go on at `dst + 1`.
        0xb7 MAP_NEXT = MapNext { dst: Def<Int>, map: Use<{K V}>, pos: Use<Int> } where { } [];
        /// `dst` = the key of the entry at `pos`, or `IndexError` if there is none.
        0xb8 MAP_KEY_AT = MapKeyAt { dst: Def<K>, map: Use<{K V}>, pos: Use<Int> } where { } [Throws];
        /// `dst` = the value of the entry at `pos`, or `IndexError` if there is none.
        0xb9 MAP_VALUE_AT = MapValueAt { dst: Def<V>, map: Use<{K V}>, pos: Use<Int> } where { } [Throws];
        /// Remove all entries.
        0xba MAP_CLEAR = MapClear { map: Use<{K V}> } where { } [];

        // ---- Processes --------------------------------------------------------------------------------------------------------
        /// `dst` = a new process that calls `body`, a function value without parameters, on a copy of its captures;
        /// linked to the running one if `link` is 1, not if it is 0.
        0xc0 SPAWN = Spawn { dst: Def<Pid>, body: Use<_>, link: Imm } where { Special } [Throws Allocs];
        /// `dst` = the running process.
        0xc1 SELF = SelfPid { dst: Def<Pid> } where { } [];
        /// Put a copy of `message` into the mailbox of `to`. Never waits; a dead process drops it.
        0xc2 SEND = Send { to: Use<Pid>, message: Use<Any> } where { } [Throws Allocs];
        /// `dst` = the message under the mailbox's cursor; if there is none, continue at `empty`.
        0xc3 RECEIVE_PEEK = ReceivePeek { dst: Def<Any>, empty: Label } where { } [Allocs];
        /// Take the message under the cursor away and put the cursor back to the first message.
        0xc4 RECEIVE_TAKE = ReceiveTake { } where { } [];
        /// Leave the message under the cursor and move the cursor to the next.
        0xc5 RECEIVE_SKIP = ReceiveSkip { } where { } [];
        /// Wait until a message arrives behind the cursor; `dst` = false if `millis` milliseconds pass first (and the
        /// cursor goes back to the first message). A negative `millis` waits for ever. The time runs from the first
        /// wait since the cursor was last put back.
        0xc6 RECEIVE_WAIT = ReceiveWait { dst: Def<Bool>, millis: Use<Int> } where { } [Throws Waits];

        // ---- Raw memory, for foreign functions ----------------------------------------------------------------------------------
        /// `dst` = the scalar at `address + offset`, its width given by the type of `dst`.
        0xd0 PTR_LOAD = PtrLoad { dst: Def<T>, address: Use<Ptr>, offset: Imm } where { T: Scalar } [Foreign];
        /// The scalar at `address + offset` = `value`.
        0xd1 PTR_STORE = PtrStore { address: Use<Ptr>, offset: Imm, value: Use<T> } where { T: Scalar } [Foreign];
        /// `dst = address + bytes`.
        0xd2 PTR_ADD = PtrAdd { dst: Def<Ptr>, address: Use<Ptr>, bytes: Use<Int> } where { } [Foreign];
        /// `dst` = a pointer to the first item; valid until the next instruction that may allocate.
        0xd3 PTR_ITEMS = PtrItems { dst: Def<Ptr>, list: Use<[T]> } where { T: Packed } [Foreign];
        /// `dst` = a new string of the bytes at `address` up to a zero byte, invalid UTF-8 replaced; empty for null.
        0xd4 PTR_STR = PtrStr { dst: Def<Str>, address: Use<Ptr> } where { } [Allocs Foreign];
    } };
}
