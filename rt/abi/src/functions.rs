//! The runtime's functions: three tables, from which the code generator takes signatures and effects, and the
//! runtime its symbols.
//!
//! A row reads `name(argument: Type, …) -> Type [Effects];`. The context is a hidden first argument of each. Types:
//!
//! | type | Vitte type | passed as |
//! | --- | --- | --- |
//! | `Unit`, `Never` | no result; does not return | nothing |
//! | `Bool Int Pid MonitorRef Ptr` | `bool int pid monitor_ref ptr` | 64-bit integer (`bool` 0 or 1) |
//! | `Float` | `float` | 64-bit float |
//! | `Str Bytes Any ListStr ListInt ListPid OptInt OptFloat OptStr OptPid` | `str bytes any [str] [int] [pid] int? float? str? pid?` | traced word |
//! | `Ref` | some object | traced word |
//! | `Bits` | a value of a type known otherwise | its slot bits |
//! | `Type` | a type | its [`TypeId`](crate::TypeId) |
//!
//! Effects: `Throws`; `Allocs` (only stubs collect, natives and helpers ask for it at the next safepoint); `Waits`
//! (may suspend the process); `Reads` (looks at heap objects); `Writes` (changes heap objects or the outside world);
//! `Leaf` (looks at nothing but its arguments and needs little stack: compiled code calls it by the C convention,
//! without context); `Quick` (the same with context: of the other effects it has at most `Reads`). A row with neither `Reads`, `Writes`, `Throws` nor `Waits` gives equal results for equal
//! arguments.

/// Slow paths of compiled code. They preserve all registers: arguments are in `context.arguments`, the result is left in
/// `context.result`. They are safepoints. Symbols as named.
#[macro_export]
macro_rules! for_each_stub {
    ($callback:ident) => {
        $callback! {
            /// An object of `size` bytes, uninitialised, after a collection if one was due. The only ways to collect are
            /// this stub and the next two.
            vt_alloc(size: Int) -> Ref [Allocs Throws];
            /// At a loop back-edge, when `context.poll` is set: collect, yield, or raise what others sent.
            vt_poll() -> Unit [Allocs Throws Waits];
            /// On entry, when the stack pointer is below `context.stack_limit`: raise `StackOverflow`, or do as `vt_poll`.
            vt_stack_check() -> Unit [Allocs Throws Waits];
            /// Before a reference is stored at address `slot` of `object`, which bears the flag `OLD`.
            vt_barrier(object: Ref, slot: Ptr) -> Unit [Writes];
            /// Raise `value`.
            vt_throw(value: Any) -> Never [Throws];
            /// Raise `value` again, going on with its stack trace.
            vt_rethrow(value: Any) -> Never [Throws];
            /// Raise `DivideByZero`.
            vt_throw_divide() -> Never [Throws];
            /// Raise `IndexError`: `index` out of range for `len`.
            vt_throw_index(index: Int, len: Int) -> Never [Throws];
            /// Raise `NilError`.
            vt_throw_nil() -> Never [Throws];
            /// Raise `TypeError`: `value` is not of type `expected`.
            vt_throw_type(value: Any, expected: Type) -> Never [Throws];
            /// Raise `TypeError`: `object` is not of the variant with this tag.
            vt_throw_variant(object: Ref, variant: Int) -> Never [Throws];
        }
    };
}

/// What instructions need beyond inline code.
#[macro_export]
macro_rules! for_each_helper {
    ($callback:ident) => {
        $callback! {
            // ---- any and optionals
            /// The word of an int that does not fit 63 bits (or of any).
            vt_box_int(value: Int) -> Any [Allocs];
            /// The word of a float that has no immediate (or of any).
            vt_box_float(value: Float) -> Any [Allocs];
            /// The word of a scalar of type `ty`, boxed even if there is an immediate: for trait objects.
            vt_box(value: Bits, ty: Type) -> Ref [Allocs];
            /// The word of a scalar of type `ty`.
            vt_to_any(value: Bits, ty: Type) -> Any [Allocs];
            /// Whether `value` is of type `ty`.
            vt_is_type(value: Any, ty: Type) -> Bool [Reads];
            /// The slot bits of `value`, which must be of type `ty`, else `TypeError`.
            vt_from_any(value: Any, ty: Type) -> Bits [Reads Throws];
            vt_any_add(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_sub(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_mul(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_div(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_rem(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_neg(a: Any) -> Any [Reads Throws Allocs];
            vt_any_and(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_or(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_xor(a: Any, b: Any) -> Any [Reads Throws Allocs];
            vt_any_not(a: Any) -> Any [Reads Throws Allocs];
            vt_any_lt(a: Any, b: Any) -> Bool [Reads Throws];
            vt_any_le(a: Any, b: Any) -> Bool [Reads Throws];
            /// The truth value in `value`, or `TypeError`.
            vt_any_truth(value: Any) -> Bool [Throws];
            // ---- comparison and text
            /// Whether `a == b`, both of type `ty`.
            vt_eq(a: Bits, b: Bits, ty: Type) -> Bool [Reads];
            vt_str_eq(a: Str, b: Str) -> Bool [Reads Quick];
            /// Negative, 0 or positive, by bytes.
            vt_str_compare(a: Str, b: Str) -> Int [Reads Quick];
            vt_hash(value: Bits, ty: Type) -> Int [Reads];
            vt_to_str(value: Bits, ty: Type) -> Str [Reads Allocs];
            vt_print(value: Bits, ty: Type) -> Unit [Reads Writes Throws];
            /// `parts` points to `n` strings.
            vt_str_concat(parts: Ptr, n: Int) -> Str [Reads Throws Allocs];
            vt_str_slice(s: Str, start: Int, end: Int) -> Str [Reads Throws Allocs];
            // ---- lists and bytes
            /// An empty list of type `ty`, with room for `capacity` items.
            vt_list_new(ty: Type, capacity: Int) -> Ref [Allocs];
            /// A list of type `ty` of the `n` slot bits at `items`.
            vt_list_of(ty: Type, items: Ptr, n: Int) -> Ref [Allocs];
            vt_list_fill(ty: Type, len: Int, value: Bits) -> Ref [Throws Allocs];
            /// Make room for one more item at least, by a factor; the buffer may change.
            vt_list_grow(list: Ref) -> Unit [Reads Writes Throws Allocs];
            vt_list_insert(list: Ref, index: Int, value: Bits) -> Unit [Reads Writes Throws Allocs];
            vt_list_remove(list: Ref, index: Int) -> Bits [Reads Writes Throws];
            vt_list_slice(list: Ref, start: Int, end: Int) -> Ref [Reads Throws Allocs];
            vt_list_extend(list: Ref, other: Ref) -> Unit [Reads Writes Throws Allocs];
            vt_list_truncate(list: Ref, len: Int) -> Unit [Reads Writes Throws];
            vt_list_reserve(list: Ref, capacity: Int) -> Unit [Reads Writes Throws Allocs];
            vt_list_copy(list: Ref, at: Int, src: Ref, from: Int, len: Int) -> Unit [Reads Writes Throws];
            /// A list of numbers, or `bytes`, whose items stand in the `size` bytes at `data`.
            vt_list_of_data(ty: Type, data: Ptr, size: Int) -> Ref [Allocs];
            // ---- maps
            vt_map_new(ty: Type) -> Ref [Allocs];
            vt_map_get(map: Ref, key: Bits) -> Bits [Reads Throws];
            /// The value as an optional word, or nil.
            vt_map_find(map: Ref, key: Bits) -> Any [Reads Allocs];
            vt_map_has(map: Ref, key: Bits) -> Bool [Reads];
            /// The place among the values of the entry of a scalar key, its slot bits, or -1.
            vt_map_place(map: Ref, key: Int) -> Int [Reads Quick];
            /// The place among the values of the entry of a string key, or -1.
            vt_map_place_str(map: Ref, key: Str) -> Int [Reads Quick];
            vt_map_set(map: Ref, key: Bits, value: Bits) -> Unit [Reads Writes Throws Allocs];
            vt_map_remove(map: Ref, key: Bits) -> Bool [Reads Writes];
            vt_map_next(map: Ref, pos: Int) -> Int [Reads Quick];
            vt_map_key_at(map: Ref, pos: Int) -> Bits [Reads Throws];
            vt_map_value_at(map: Ref, pos: Int) -> Bits [Reads Throws];
            vt_map_clear(map: Ref) -> Unit [Reads Writes];
            // ---- exceptions
            vt_stack_trace() -> Str [Reads Allocs];
            /// Say that an instruction was reached that never is, and end the program.
            vt_unreachable() -> Never [Writes];
            // ---- processes
            vt_spawn(body: Ref, link: Int) -> Pid [Reads Writes Throws Allocs];
            vt_self() -> Pid [];
            vt_send(to: Pid, message: Any) -> Unit [Reads Writes Throws];
            /// Whether there is a message under the cursor; it is left in `context.result`.
            vt_receive_peek() -> Bool [Reads];
            vt_receive_take() -> Unit [Writes];
            vt_receive_skip() -> Unit [Writes];
            vt_receive_wait(millis: Int) -> Bool [Writes Throws Waits];
            // ---- foreign functions
            /// Call the C function at `code`; `signature` points to its description, see [`crate::foreign`], `args` to
            /// the slot bits of its arguments. The process waits for it if it is blocking.
            vt_call_foreign(code: Ptr, signature: Ptr, args: Ptr) -> Bits [Reads Writes Throws Waits];
            vt_ptr_str(address: Ptr) -> Str [Reads Allocs];
            /// `x % y` on floats, C's `fmod`.
            vt_fmod(x: Float, y: Float) -> Float [Leaf];
        }
    };
}

/// What bytecode may call by name with `CALL_NATIVE`, without the prefix `vt_`.
#[macro_export]
macro_rules! for_each_native {
    ($callback:ident) => {
        $callback! {
            // ---- mathematics
            vt_sin(x: Float) -> Float [Leaf];
            vt_cos(x: Float) -> Float [Leaf];
            vt_tan(x: Float) -> Float [Leaf];
            vt_asin(x: Float) -> Float [Leaf];
            vt_acos(x: Float) -> Float [Leaf];
            vt_atan(x: Float) -> Float [Leaf];
            vt_atan2(y: Float, x: Float) -> Float [Leaf];
            vt_sinh(x: Float) -> Float [Leaf];
            vt_cosh(x: Float) -> Float [Leaf];
            vt_tanh(x: Float) -> Float [Leaf];
            vt_exp(x: Float) -> Float [Leaf];
            vt_log(x: Float) -> Float [Leaf];
            vt_log2(x: Float) -> Float [Leaf];
            vt_log10(x: Float) -> Float [Leaf];
            vt_pow(x: Float, y: Float) -> Float [Leaf];
            vt_cbrt(x: Float) -> Float [Leaf];
            vt_hypot(x: Float, y: Float) -> Float [Leaf];
            /// Nearest whole number, ties away from zero.
            vt_round(x: Float) -> Float [Leaf];
            // ---- strings
            /// The byte offset of `needle` in `s` at or after `from`.
            vt_str_find(s: Str, needle: Str, from: Int) -> OptInt [Reads Throws];
            vt_str_rfind(s: Str, needle: Str) -> OptInt [Reads];
            vt_str_starts_with(s: Str, prefix: Str) -> Bool [Reads Quick];
            vt_str_ends_with(s: Str, suffix: Str) -> Bool [Reads Quick];
            /// The parts between the occurrences of `separator`; between all characters if it is empty.
            vt_str_split(s: Str, separator: Str) -> ListStr [Reads Allocs];
            vt_str_join(parts: ListStr, separator: Str) -> Str [Reads Throws Allocs];
            /// `s` without white space (Unicode's) at both ends.
            vt_str_trim(s: Str) -> Str [Reads Allocs];
            vt_str_trim_start(s: Str) -> Str [Reads Allocs];
            vt_str_trim_end(s: Str) -> Str [Reads Allocs];
            vt_str_replace(s: Str, from: Str, to: Str) -> Str [Reads Throws Allocs];
            vt_str_upper(s: Str) -> Str [Reads Allocs];
            vt_str_lower(s: Str) -> Str [Reads Allocs];
            vt_str_repeat(s: Str, n: Int) -> Str [Reads Throws Allocs];
            /// The code points.
            vt_str_chars(s: Str) -> ListInt [Reads Allocs];
            /// The number of code points.
            vt_str_char_count(s: Str) -> Int [Reads];
            /// The code point that begins at byte `at`; `IndexError` out of range or inside a character.
            vt_str_char_at(s: Str, at: Int) -> Int [Reads Throws];
            /// The string of one code point; `ParseError` if it is none.
            vt_str_from_char(c: Int) -> Str [Throws Allocs];
            vt_str_from_chars(chars: ListInt) -> Str [Reads Throws Allocs];
            vt_str_to_bytes(s: Str) -> Bytes [Reads Allocs];
            /// Append the bytes of a string.
            vt_bytes_push_str(b: Bytes, s: Str) -> Unit [Reads Writes Throws Allocs];
            /// `ParseError` if the bytes are not UTF-8.
            vt_str_from_bytes(b: Bytes) -> Str [Reads Throws Allocs];
            /// As `str_from_bytes`, and `b` is empty afterwards. Long text is not copied.
            vt_bytes_into_str(b: Bytes) -> Str [Reads Writes Throws Allocs];
            /// As `str_from_bytes`, with U+FFFD for what is not UTF-8.
            vt_str_from_bytes_lossy(b: Bytes) -> Str [Reads Allocs];
            /// The whole of `s` as a number in `radix` 2 to 36, with an optional sign; nil if it is none or too large.
            vt_parse_int(s: Str, radix: Int) -> OptInt [Reads Throws];
            /// The whole of `s` as a float, correctly rounded.
            vt_parse_float(s: Str) -> OptFloat [Reads Allocs];
            vt_int_to_str_radix(value: Int, radix: Int) -> Str [Throws Allocs];
            /// With `digits` digits after the point, correctly rounded.
            vt_float_to_fixed(value: Float, digits: Int) -> Str [Throws Allocs];
            // ---- input and output
            vt_write_out(s: Str) -> Unit [Reads Writes Throws];
            vt_write_err(s: Str) -> Unit [Reads Writes Throws];
            vt_flush_out() -> Unit [Writes Throws];
            /// The next line of standard input without its end; nil at the end of input.
            vt_read_line() -> OptStr [Writes Throws Waits Allocs];
            /// Opens a file: `mode` is one of `r w a r+ w+ x`. The handle is a small number.
            vt_file_open(path: Str, mode: Str) -> Int [Reads Writes Throws];
            /// Appends up to `max` bytes to `into`; their number, 0 at the end.
            vt_file_read(file: Int, into: Bytes, max: Int) -> Int [Reads Writes Throws Waits Allocs];
            /// Writes all of `data` from `start` up to `end`.
            vt_file_write(file: Int, data: Bytes, start: Int, end: Int) -> Unit [Reads Writes Throws Waits];
            /// Moves to `offset` from the start (0), the current place (1) or the end (2); the new place.
            vt_file_seek(file: Int, offset: Int, whence: Int) -> Int [Writes Throws];
            /// Writes what waits to be written.
            vt_file_flush(file: Int) -> Unit [Writes Throws Waits];
            vt_file_close(file: Int) -> Unit [Writes Throws];
            /// The whole file as bytes.
            vt_read_file(path: Str) -> Bytes [Reads Writes Throws Waits Allocs];
            vt_write_file(path: Str, data: Bytes) -> Unit [Reads Writes Throws Waits];
            vt_remove_file(path: Str) -> Unit [Reads Writes Throws];
            vt_rename(from: Str, to: Str) -> Unit [Reads Writes Throws];
            vt_create_dir(path: Str) -> Unit [Reads Writes Throws];
            vt_remove_dir(path: Str) -> Unit [Reads Writes Throws];
            /// The names in a directory, sorted.
            vt_list_dir(path: Str) -> ListStr [Reads Writes Throws Allocs];
            /// Kind (0 file, 1 directory, 2 other), size in bytes, time of change in nanoseconds since 1970; empty if
            /// there is nothing at `path`.
            vt_file_info(path: Str) -> ListInt [Reads Writes Throws Allocs];
            // ---- any and exceptions
            /// The name of the type of what is in `value`, `nil` if nothing is.
            vt_type_name(value: Any) -> Str [Reads Allocs];
            /// What to print if the process does not handle the exception that it is handling now, instead of its value.
            vt_tell_uncaught(text: Str) -> Unit [Reads Writes];
            // ---- sockets
            /// A socket that takes connections at an address of numbers, `127.0.0.1:80` or `[::1]:80`; port 0 is some free
            /// one. Sockets belong to the process that makes them.
            vt_net_listen(address: Str) -> Int [Reads Writes Throws];
            /// A socket for datagrams at an address of numbers.
            vt_net_bind(address: Str) -> Int [Reads Writes Throws];
            /// Begins a connection to an address of numbers.
            vt_net_connect(address: Str) -> Int [Reads Writes Throws];
            /// Whether it is made.
            vt_net_connected(stream: Int) -> Bool [Writes Throws];
            /// A connection that has come, or -1.
            vt_net_accept(listener: Int) -> Int [Writes Throws];
            /// Appends up to `max` bytes to `into`: how many, 0 at the end, -1 if none have come.
            vt_net_read(stream: Int, into: Bytes, max: Int) -> Int [Reads Writes Throws Allocs];
            /// Writes some of `data` from `start` up to `end`: how many bytes, -1 if there is no room.
            vt_net_write(stream: Int, data: Bytes, start: Int, end: Int) -> Int [Reads Writes Throws];
            /// Says that nothing more will be written or, with `read`, has reads find that nothing more comes.
            vt_net_shutdown(stream: Int, read: Bool) -> Unit [Writes Throws];
            /// Whether small writes are sent at once.
            vt_net_nodelay(stream: Int, on: Bool) -> Unit [Writes Throws];
            /// Appends a datagram of up to `max` bytes to `into`: who sent it; nil if none has come.
            vt_net_receive(socket: Int, into: Bytes, max: Int) -> OptStr [Reads Writes Throws Allocs];
            /// Sends a datagram to an address of numbers; false if there is no room.
            vt_net_send(socket: Int, data: Bytes, to: Str) -> Bool [Reads Writes Throws];
            /// Whether datagrams may go to all machines of a network.
            vt_net_broadcast(socket: Int, on: Bool) -> Unit [Writes Throws];
            /// The address of a socket's own side, or of the other.
            vt_net_address(socket: Int, other: Bool) -> Str [Writes Throws Allocs];
            /// The moment so many milliseconds from now.
            vt_net_deadline(millis: Int) -> Int [Writes];
            /// Waits until a socket can be read or, with `write`, written, or was closed; false if `deadline` passes first,
            /// which it does not if it is negative.
            vt_net_wait(socket: Int, write: Bool, deadline: Int) -> Bool [Writes Throws Waits];
            /// Gives a socket of the process to another.
            vt_net_hand_over(socket: Int, to: Pid) -> Unit [Writes Throws];
            /// Closes a socket; nothing happens if it is closed.
            vt_net_close(socket: Int) -> Unit [Writes];
            /// The addresses of a host, with this port unless it is negative.
            vt_net_resolve(host: Str, port: Int) -> ListStr [Reads Writes Throws Waits Allocs];
            // ---- system
            vt_args() -> ListStr [Reads Allocs];
            vt_env_get(name: Str) -> OptStr [Reads Writes Allocs];
            /// Nanoseconds since 1970.
            vt_time_now() -> Int [Writes];
            /// Nanoseconds since some moment, never going back.
            vt_time_monotonic() -> Int [Writes];
            vt_exit(code: Int) -> Never [Writes];
            vt_cpu_count() -> Int [Writes];
            vt_hostname() -> Str [Writes Allocs];
            vt_current_dir() -> Str [Writes Throws Allocs];
            /// 64 bits of the system's randomness.
            vt_random_seed() -> Int [Writes];
            vt_sleep(millis: Int) -> Unit [Writes Waits];
            // ---- processes
            /// Link the process to `to`; a `to` that has ended ends it with `"noproc"`.
            vt_process_link(to: Pid) -> Unit [Writes Throws Waits Allocs];
            vt_process_unlink(to: Pid) -> Unit [Writes];
            /// Have the end of `of` told by a message of the type of `down`, a struct of `monitor_ref`, `pid` and `any`.
            vt_process_monitor(of: Pid, down: Any) -> MonitorRef [Reads Writes Throws Waits Allocs];
            /// Whether the monitor had not told yet.
            vt_process_demonitor(monitor: MonitorRef) -> Bool [Writes];
            /// A number that no other monitor has.
            vt_process_new_ref() -> MonitorRef [Writes];
            /// At the beginning of a receive that takes no message without one of two references in it: moves the cursor
            /// past messages that are older than these.
            vt_receive_seek(reference: MonitorRef, other: MonitorRef) -> Unit [Writes];
            /// A receive ends because one of its guards is left: put the cursor back.
            vt_receive_restart() -> Unit [Writes];
            /// Before a guard that may receive: put the receive aside, with the message under the cursor, which receives do
            /// not see until RECEIVE_RESUME.
            vt_receive_aside() -> Unit [Writes];
            /// After such a guard: the receive that was put aside last goes on.
            vt_receive_resume() -> Unit [Writes];
            /// As RECEIVE_SKIP, in a receive that skips this message whenever it looks at it.
            vt_receive_pass() -> Unit [Writes];
            /// Start a process that calls `body`, a function value without parameters; monitored by `monitor`, unless
            /// `down` is nil. `quotas`: bytes of objects, waiting messages, milliseconds; none where it is negative or short.
            vt_process_spawn_with(body: Any, quotas: ListInt, link: Bool, monitor: MonitorRef, down: Any) -> Pid [Reads Writes Throws Allocs];
            /// Exit signals become messages of the type of `exit`, a struct of `pid` and `any`.
            vt_process_trap(exit: Any) -> Unit [Reads Writes Throws];
            /// Exit signals end the process.
            vt_process_untrap() -> Unit [Writes];
            vt_process_exit(to: Pid, reason: Any) -> Unit [Reads Writes Throws Waits Allocs];
            /// `ProcessError` if the name is taken, or the process has one or has ended.
            vt_process_register(name: Str, process: Pid) -> Unit [Reads Writes Throws];
            /// Whether there was such a name.
            vt_process_unregister(name: Str) -> Bool [Reads Writes];
            vt_process_whereis(name: Str) -> OptPid [Reads Writes Allocs];
            vt_process_names() -> ListStr [Writes Allocs];
            vt_process_list() -> ListPid [Writes Allocs];
            vt_process_is_alive(process: Pid) -> Bool [Writes];
            /// Have `of` answer by a message of the type of `info`, see the runtime's `notice.rs`; false if it has ended.
            vt_process_inquire(of: Pid, question: MonitorRef, info: Any) -> Bool [Reads Writes Throws Waits Allocs];
            /// Let others run.
            vt_process_yield() -> Unit [Writes Throws Waits];
            // ---- memory
            /// Collect at the next safepoint.
            vt_gc_collect() -> Unit [Writes];
            /// Bytes in live objects, bytes reserved, minor and major collections so far.
            vt_gc_stats() -> ListInt [Reads Writes Allocs];
        }
    };
}

/// The type of an argument or result in the tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ArgType {
    Unit,
    Never,
    Bool,
    Int,
    Float,
    Pid,
    MonitorRef,
    Ptr,
    Str,
    Bytes,
    Any,
    Ref,
    ListStr,
    ListInt,
    ListPid,
    OptInt,
    OptFloat,
    OptStr,
    OptPid,
    Bits,
    Type,
}

/// What a function may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FnEffect {
    Throws,
    Allocs,
    Waits,
    Reads,
    Writes,
    Leaf,
    Quick,
}

/// How a function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FnKind {
    /// A slow path that preserves all registers.
    Stub,
    /// What an instruction needs.
    Helper,
    /// What bytecode calls by name.
    Native,
}

/// One row.
#[derive(Debug)]
pub struct FnInfo {
    /// The symbol.
    pub symbol: &'static str,
    /// Which table it stands in.
    pub kind: FnKind,
    /// The arguments after the context.
    pub args: &'static [(&'static str, ArgType)],
    /// The result.
    pub result: ArgType,
    /// What it may do.
    pub effects: &'static [FnEffect],
}

macro_rules! fn_infos {
    ($kind:ident; $($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
        &[$(FnInfo {
            symbol: stringify!($name),
            kind: FnKind::$kind,
            args: &[$((stringify!($arg), ArgType::$ty)),*],
            result: ArgType::$result,
            effects: &[$(FnEffect::$effect),*],
        }),*]
    };
}

macro_rules! enumerate {
    ($(#[$doc:meta])* $enum:ident $kind:ident $table:ident; $($(#[doc = $d:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(non_camel_case_types, missing_docs)]
        #[repr(u16)]
        pub enum $enum { $($name),* }

        const $table: &[FnInfo] = fn_infos!($kind; $($(#[doc = $d])* $name($($arg: $ty),*) -> $result [$($effect)*];)*);

        impl $enum {
            /// All of them, in table order.
            pub const ALL: &'static [$enum] = &[$($enum::$name),*];

            /// Its row.
            pub fn info(self) -> &'static FnInfo {
                &$table[self as usize]
            }
        }
    };
}

macro_rules! stubs {
    ($($rows:tt)*) => { enumerate! { /** A stub. */ Stub Stub STUBS; $($rows)* } };
}
macro_rules! helpers {
    ($($rows:tt)*) => { enumerate! { /** A helper. */ Helper Helper HELPERS; $($rows)* } };
}
macro_rules! natives {
    ($($rows:tt)*) => { enumerate! { /** A native. */ NativeFn Native NATIVES; $($rows)* } };
}

for_each_stub!(stubs);
for_each_helper!(helpers);
for_each_native!(natives);

impl FnInfo {
    /// Whether the row has the effect.
    pub fn has(&self, effect: FnEffect) -> bool {
        self.effects.contains(&effect)
    }
}

impl NativeFn {
    /// The name by which bytecode knows it.
    pub fn name(self) -> &'static str {
        &self.info().symbol["vt_".len()..]
    }

    /// The native of this name.
    pub fn by_name(name: &str) -> Option<NativeFn> {
        NativeFn::ALL.iter().copied().find(|native| native.name() == name)
    }
}

impl ArgType {
    /// The Vitte type, as people write it; `None` for what only helpers take.
    pub const fn vitte(self) -> Option<&'static str> {
        Some(match self {
            ArgType::Unit | ArgType::Never => "unit",
            ArgType::Bool => "bool",
            ArgType::Int => "int",
            ArgType::Float => "float",
            ArgType::Pid => "pid",
            ArgType::MonitorRef => "monitor_ref",
            ArgType::Ptr => "ptr",
            ArgType::Str => "str",
            ArgType::Bytes => "bytes",
            ArgType::Any => "any",
            ArgType::ListStr => "[str]",
            ArgType::ListInt => "[int]",
            ArgType::ListPid => "[pid]",
            ArgType::OptInt => "int?",
            ArgType::OptFloat => "float?",
            ArgType::OptStr => "str?",
            ArgType::OptPid => "pid?",
            ArgType::Ref | ArgType::Bits | ArgType::Type => return None,
        })
    }

    /// Whether it is a traced word.
    pub const fn is_traced(self) -> bool {
        use ArgType::*;
        matches!(self, Str | Bytes | Any | Ref | ListStr | ListInt | ListPid | OptInt | OptFloat | OptStr | OptPid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natives_have_vitte_types_and_few_arguments() {
        for native in NativeFn::ALL {
            let info = native.info();
            assert!(info.result.vitte().is_some() && info.args.iter().all(|arg| arg.1.vitte().is_some()), "{info:?}");
            assert!(info.args.len() <= 5, "beyond five arguments some would be on the stack: {info:?}");
        }
        assert_eq!(NativeFn::by_name("str_find"), Some(NativeFn::vt_str_find));
        assert!(Helper::ALL.iter().all(|helper| helper.info().args.len() <= 5));
    }
}
