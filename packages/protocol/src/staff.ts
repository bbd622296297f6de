/**
 * The one member that the staff of a space (agents and admins) are where they speak as one: in support threads and in
 * announcements. No user has this id: a token or a `user.put` that names it is refused.
 */
export const staffId = 'agents';
