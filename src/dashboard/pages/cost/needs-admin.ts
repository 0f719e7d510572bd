/** Why a button is dimmed for a session that may not administer. */
export const NEEDS_ADMIN = 'This session’s token lacks the scope “admin”.';
