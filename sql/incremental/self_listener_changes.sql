-- Tracks whose self listeners are not what they were. Grain: one row per track_id.
select track_id from (
    select
        track_id,
        listener_id
    from self_listeners
    except
    select
        track_id,
        listener_id
    from self_listeners_before
) as come
union
select track_id from (
    select
        track_id,
        listener_id
    from self_listeners_before
    except
    select
        track_id,
        listener_id
    from self_listeners
) as gone
order by track_id
