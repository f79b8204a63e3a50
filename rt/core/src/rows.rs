//! Which Rust function stands behind which row of the runtime's function tables.

pub use crate::boxing::{box_float as vt_box_float, box_int as vt_box_int, box_scalar as vt_box};
pub use crate::foreign::call_foreign as vt_call_foreign;
pub use crate::mailbox::{
    receive_aside as vt_receive_aside, receive_pass as vt_receive_pass, receive_peek as vt_receive_peek,
    receive_restart as vt_receive_restart, receive_resume as vt_receive_resume, receive_seek as vt_receive_seek,
    receive_skip as vt_receive_skip, receive_take as vt_receive_take, receive_wait as vt_receive_wait,
    self_pid as vt_self, send as vt_send, sleep as vt_sleep, spawn as vt_spawn,
};
pub use crate::report::tell_uncaught as vt_tell_uncaught;
pub use crate::report::unreachable as vt_unreachable;
pub use crate::stdlib::any::{
    any_add as vt_any_add, any_and as vt_any_and, any_div as vt_any_div, any_le as vt_any_le, any_lt as vt_any_lt,
    any_mul as vt_any_mul, any_neg as vt_any_neg, any_not as vt_any_not, any_or as vt_any_or, any_rem as vt_any_rem,
    any_sub as vt_any_sub, any_truth as vt_any_truth, any_xor as vt_any_xor, from_any as vt_from_any,
    is_type as vt_is_type, to_any as vt_to_any, type_name as vt_type_name,
};
pub use crate::stdlib::compare::eq as vt_eq;
pub use crate::stdlib::file::{
    create_dir as vt_create_dir, file_close as vt_file_close, file_flush as vt_file_flush, file_info as vt_file_info,
    file_open as vt_file_open, file_read as vt_file_read, file_seek as vt_file_seek, file_write as vt_file_write,
    list_dir as vt_list_dir, read_file as vt_read_file, remove_dir as vt_remove_dir, remove_file as vt_remove_file,
    rename as vt_rename, write_file as vt_write_file,
};
pub use crate::stdlib::format::to_str as vt_to_str;
pub use crate::stdlib::hash::hash as vt_hash;
pub use crate::stdlib::input::read_line as vt_read_line;
pub use crate::stdlib::io::{
    flush_out as vt_flush_out, print as vt_print, write_err as vt_write_err, write_out as vt_write_out,
};
pub use crate::stdlib::list::{
    bytes_push_str as vt_bytes_push_str, list_copy as vt_list_copy, list_extend as vt_list_extend,
    list_fill as vt_list_fill, list_grow as vt_list_grow, list_insert as vt_list_insert, list_new as vt_list_new,
    list_of as vt_list_of, list_of_data as vt_list_of_data, list_remove as vt_list_remove,
    list_reserve as vt_list_reserve, list_slice as vt_list_slice, list_truncate as vt_list_truncate,
};
pub use crate::stdlib::map::{
    map_clear as vt_map_clear, map_find as vt_map_find, map_get as vt_map_get, map_has as vt_map_has,
    map_key_at as vt_map_key_at, map_new as vt_map_new, map_next as vt_map_next, map_place as vt_map_place,
    map_place_str as vt_map_place_str, map_remove as vt_map_remove, map_set as vt_map_set,
    map_value_at as vt_map_value_at,
};
pub use crate::stdlib::math::{
    acos as vt_acos, asin as vt_asin, atan as vt_atan, atan2 as vt_atan2, cbrt as vt_cbrt, cos as vt_cos,
    cosh as vt_cosh, exp as vt_exp, fmod as vt_fmod, hypot as vt_hypot, log as vt_log, log2 as vt_log2,
    log10 as vt_log10, pow as vt_pow, round as vt_round, sin as vt_sin, sinh as vt_sinh, tan as vt_tan,
    tanh as vt_tanh,
};
pub use crate::stdlib::memory::{gc_collect as vt_gc_collect, gc_stats as vt_gc_stats};
pub use crate::stdlib::net::{
    net_accept as vt_net_accept, net_address as vt_net_address, net_bind as vt_net_bind,
    net_broadcast as vt_net_broadcast, net_close as vt_net_close, net_connect as vt_net_connect,
    net_connected as vt_net_connected, net_deadline as vt_net_deadline, net_hand_over as vt_net_hand_over,
    net_listen as vt_net_listen, net_nodelay as vt_net_nodelay, net_read as vt_net_read, net_receive as vt_net_receive,
    net_resolve as vt_net_resolve, net_send as vt_net_send, net_shutdown as vt_net_shutdown, net_wait as vt_net_wait,
    net_write as vt_net_write,
};
pub use crate::stdlib::process::{
    process_demonitor as vt_process_demonitor, process_exit as vt_process_exit, process_inquire as vt_process_inquire,
    process_is_alive as vt_process_is_alive, process_link as vt_process_link, process_list as vt_process_list,
    process_monitor as vt_process_monitor, process_names as vt_process_names, process_new_ref as vt_process_new_ref,
    process_register as vt_process_register, process_spawn_with as vt_process_spawn_with,
    process_trap as vt_process_trap, process_unlink as vt_process_unlink, process_unregister as vt_process_unregister,
    process_untrap as vt_process_untrap, process_whereis as vt_process_whereis, process_yield as vt_process_yield,
};
pub use crate::stdlib::string::{
    bytes_into_str as vt_bytes_into_str, float_to_fixed as vt_float_to_fixed, int_to_str_radix as vt_int_to_str_radix,
    parse_float as vt_parse_float, parse_int as vt_parse_int, ptr_str as vt_ptr_str, str_char_at as vt_str_char_at,
    str_char_count as vt_str_char_count, str_chars as vt_str_chars, str_compare as vt_str_compare,
    str_concat as vt_str_concat, str_ends_with as vt_str_ends_with, str_eq as vt_str_eq, str_find as vt_str_find,
    str_from_bytes as vt_str_from_bytes, str_from_bytes_lossy as vt_str_from_bytes_lossy,
    str_from_char as vt_str_from_char, str_from_chars as vt_str_from_chars, str_join as vt_str_join,
    str_lower as vt_str_lower, str_repeat as vt_str_repeat, str_replace as vt_str_replace, str_rfind as vt_str_rfind,
    str_slice as vt_str_slice, str_split as vt_str_split, str_starts_with as vt_str_starts_with,
    str_to_bytes as vt_str_to_bytes, str_trim as vt_str_trim, str_trim_end as vt_str_trim_end,
    str_trim_start as vt_str_trim_start, str_upper as vt_str_upper,
};
pub use crate::stdlib::system::{
    args as vt_args, cpu_count as vt_cpu_count, current_dir as vt_current_dir, env_get as vt_env_get, exit as vt_exit,
    hostname as vt_hostname, random_seed as vt_random_seed, time_monotonic as vt_time_monotonic,
    time_now as vt_time_now,
};
pub use crate::trace::stack_trace as vt_stack_trace;
