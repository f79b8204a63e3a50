#!/usr/bin/env escript
%% The Erlang half of tests/run/erlang_scenarios.vit: plays the scenarios of its standard input, and prints what was seen.
%% Its output, in tests/run/erlang_scenarios.stdout, is what Vitte is compared with. Both halves say the same in the same
%% order; the head of the Vitte half explains the scenarios.
-module(scenarios).
-mode(compile).

-record(actor, {driver, monitors = [], waits = [], reaction = none}).
-record(play, {pids = #{}, letters = #{}, state = #{}, paused = [], log = [], changed = false}).

main(_) ->
    logger:set_primary_config(level, none),
    read().

read() ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            case string:split(string:trim(Line), ":") of
                [Name, Steps] when hd(Name) =/= $# -> play(Name, [string:trim(S) || S <- string:split(Steps, ";", all)]);
                _ -> ok
            end,
            read()
    end.

%% ---- The driver

play(Name, Steps) ->
    Words = [string:lexemes(C, " ") || S <- Steps, C <- string:split(S, "&", all)],
    Letters = lists:usort([[C] || W <- Words, [C] <- W, C >= $A, C =< $Z]),
    Children = [X || W <- Words, [V, X | _] <- [W, tl(W)], lists:prefix("spawn", V)],
    P = lists:foldl(fun start/2, #play{}, Letters -- Children),
    Q = settle(lists:foldl(fun step/2, P, Steps)),
    R = settle(lists:foldl(fun(L, Acc) -> release(L, Acc) end, Q, Q#play.paused)),
    Seen = [string:join([L, ":" | lists:reverse([T || {M, T} <- R#play.log, M =:= L])] ++ [status(L, R)], " ")
            || L <- lists:sort(maps:keys(R#play.pids))],
    io:format("~s: ~s~n", [Name, string:join(Seen, "; ")]),
    lists:foreach(fun(Pid) ->
        Ref = erlang:monitor(process, Pid),
        exit(Pid, kill),
        receive {'DOWN', Ref, _, _, _} -> ok end
    end, maps:values(R#play.pids)),
    flush().

flush() -> receive _ -> flush() after 0 -> ok end.

start(L, P) ->
    Driver = self(),
    born(L, spawn(fun() -> act(#actor{driver = Driver}) end), P).

born(L, Pid, P) ->
    erlang:monitor(process, Pid),
    P#play{pids = maps:put(L, Pid, P#play.pids), letters = maps:put(Pid, L, P#play.letters)}.

status(L, P) -> maps:get(L, P#play.state, "alive").

%% One step: commands that an actor carries out without a pause between them; or its release from a pause.
step(Step, P0) ->
    P = settle(P0),
    Commands = [string:lexemes(C, " ") || C <- string:split(Step, "&", all)],
    [[L | First] | Rest] = Commands,
    case First of
        ["go"] -> release(L, P);
        _ ->
            maps:get(L, P#play.pids) ! {do, [resolve(W, P) || W <- [First | Rest]]},
            Q = await(L, P),
            case lists:last([First | Rest]) of
                ["pause"] -> Q#play{paused = [L | Q#play.paused]};
                _ -> Q
            end
    end.

release(L, P) ->
    maps:get(L, P#play.pids) ! go,
    await(L, P#play{paused = lists:delete(L, P#play.paused)}).

resolve(Words, P) -> [case W of [C] when C >= $A, C =< $Z -> maps:get(W, P#play.pids, W); _ -> W end || W <- Words].

await(L, P) ->
    case status(L, P) of
        "alive" ->
            Pid = maps:get(L, P#play.pids),
            case next(P) of
                {{done, Pid}, Q} -> Q;
                {_, Q} -> await(L, Q)
            end;
        _ -> P
    end.

%% The next thing to happen.
next(P) ->
    receive
        {log, Pid, Text} ->
            {logged, P#play{log = [{name(Pid, P), text(Text, P)} | P#play.log], changed = true}};
        {born, L, Pid} -> {born, born(L, Pid, P)};
        {'DOWN', _, _, Pid, Reason} ->
            {ended, P#play{state = maps:put(name(Pid, P), reason(Reason), P#play.state), changed = true}};
        {done, Pid} -> {{done, Pid}, P}
    end.

name(Pid, P) -> maps:get(Pid, P#play.letters, "?").

text(Parts, P) -> lists:append([case is_pid(T) of true -> name(T, P); false -> T end || T <- Parts]).

%% Asks all in turn whether they have done all they can, until nothing more happens.
settle(P0) ->
    timer:sleep(2),
    P = P0#play{changed = false},
    Dead = [maps:get(L, P#play.pids) || L <- maps:keys(P#play.state)],
    Q = lists:foldl(fun(L, Acc) ->
        case status(L, Acc) =:= "alive" andalso not lists:member(L, Acc#play.paused) of
            true ->
                maps:get(L, Acc#play.pids) ! {ping, Dead},
                await(L, Acc);
            false -> Acc
        end
    end, P, lists:sort(maps:keys(P#play.pids))),
    case Q#play.changed of
        true -> settle(Q);
        false -> Q
    end.

%% ---- An actor

act(S) ->
    receive M -> act(handle(M, S)) end.

handle({do, Commands}, S) ->
    T = lists:foldl(fun command/2, S, Commands),
    S#actor.driver ! {done, self()},
    T;
handle({ping, Dead}, S) ->
    case [R || {R, Pid} <- S#actor.waits, lists:member(Pid, Dead)] of
        [] -> S#actor.driver ! {done, self()}, S;
        _ ->
            receive
                {ping, _} = M -> self() ! M, handle({ping, Dead}, S);
                M -> handle({ping, Dead}, handle(M, S))
            end
    end;
handle({'EXIT', Pid, Reason}, S) ->
    log(["exit(", Pid, ",", reason(Reason), ")"], S),
    case S#actor.reaction of
        none -> S;
        Command -> command(Command, S#actor{reaction = none})
    end;
handle({'DOWN', Ref, _, Pid, Reason}, S) ->
    log(["down(", number(Ref, S), ",", Pid, ",", reason(Reason), ")"], S),
    S#actor{waits = lists:keydelete(Ref, 1, S#actor.waits)};
handle({msg, Text}, S) -> log([Text], S), S.

number(Ref, S) -> integer_to_list(length(lists:takewhile(fun(R) -> R =/= Ref end, S#actor.monitors)) + 1).

monitor_of(N, S) -> lists:nth(list_to_integer(N), S#actor.monitors).

log(Parts, S) -> S#actor.driver ! {log, self(), Parts}.

command(["trap"], S) -> process_flag(trap_exit, true), S;
command(["untrap"], S) -> process_flag(trap_exit, false), S;
command(["link", Pid], S) -> link(Pid), S;
command(["unlink", Pid], S) -> unlink(Pid), S;
command(["monitor", Pid], S) ->
    Ref = erlang:monitor(process, Pid),
    watched(Ref, Pid, S);
command(["demonitor", N], S) ->
    Ref = monitor_of(N, S),
    erlang:demonitor(Ref),
    S#actor{waits = lists:keydelete(Ref, 1, S#actor.waits)};
command(["flush", N], S) ->
    Ref = monitor_of(N, S),
    erlang:demonitor(Ref, [flush]),
    S#actor{waits = lists:keydelete(Ref, 1, S#actor.waits)};
command(["exit", Pid, Reason], S) -> exit(Pid, value(Reason)), S;
command(["die", Reason], _) -> exit(value(Reason));
command(["caught", Reason], S) -> catch exit(value(Reason)), S;
command(["crash"], S) -> S#actor.driver ! {log, self(), [integer_to_list(1 div zero())]}, S;
command(["send", Pid, Text], S) -> Pid ! {msg, Text}, S;
command(["sendname", Name, Text], S) ->
    refusing(fun() -> list_to_atom(Name) ! {msg, Text} end, S);
command(["register", Name, Pid], S) -> refusing(fun() -> register(list_to_atom(Name), Pid) end, S);
command(["unregister", Name], S) -> refusing(fun() -> unregister(list_to_atom(Name)) end, S);
command(["whereis", Name], S) ->
    case whereis(list_to_atom(Name)) of
        undefined -> log(["nobody"], S);
        Pid -> log(["is(", Pid, ")"], S)
    end,
    S;
command(["alive", Pid], S) -> log([atom_to_list(is_process_alive(Pid))], S), S;
command(["spawn", L], S) -> child(L, spawn(body(S)), S);
command(["spawn_link", L], S) -> child(L, spawn_link(body(S)), S);
command(["spawn_monitor", L], S) ->
    {Pid, Ref} = spawn_monitor(body(S)),
    child(L, Pid, watched(Ref, Pid, S));
command(["spawn_dead", Reason], S) ->
    {_, Ref} = spawn_monitor(fun() -> exit(value(Reason)) end),
    receive {'DOWN', Ref, _, _, R} -> log(["spawned(", reason(R), ")"], S) end,
    S;
command(["links"], S) ->
    {links, Links} = process_info(self(), links),
    log(["links(", integer_to_list(length(Links)), ")"], S),
    S;
command(["watchers"], S) ->
    {monitored_by, Pids} = process_info(self(), monitored_by),
    %% The driver is one.
    log(["watchers(", integer_to_list(length(Pids) - 1), ")"], S),
    S;
command(["react" | Command], S) -> S#actor{reaction = Command};
command(["pause"], S) ->
    S#actor.driver ! {done, self()},
    receive go -> S end.

body(S) ->
    Driver = S#actor.driver,
    fun() -> act(#actor{driver = Driver}) end.

child(L, Pid, S) -> S#actor.driver ! {born, L, Pid}, S.

watched(Ref, Pid, S) ->
    Waits = case Pid =:= self() of true -> S#actor.waits; false -> [{Ref, Pid} | S#actor.waits] end,
    S#actor{monitors = S#actor.monitors ++ [Ref], waits = Waits}.

refusing(F, S) ->
    try F() catch error:badarg -> log(["refused"], S) end,
    S.

zero() -> length(string:trim(" ")).

value("n" ++ Digits = Text) ->
    try list_to_integer(Digits) catch error:badarg -> list_to_atom(Text) end;
value(Text) -> list_to_atom(Text).

reason({noproc, _}) -> "noproc";
reason({badarith, _}) -> "error";
reason(N) when is_integer(N) -> "n" ++ integer_to_list(N);
reason(A) when is_atom(A) -> atom_to_list(A);
reason(Other) -> lists:flatten(io_lib:format("~p", [Other])).
