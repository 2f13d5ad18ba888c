arrayConcat(
        arraySort(arrayFilter(
            member -> NOT has(arrayFlatten(groupArray(s.aliases)), tupleElement(member, 2)),
            groupUniqArray((s.anchor_day, s.message_id)))),
        arraySort(groupUniqArray((s.anchor_day, s.message_id)))
    )[1].2
