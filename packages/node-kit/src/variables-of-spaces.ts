/** The variable that chooses the port of a space: `PARLEY_PORT_TUTOR_GO`. */
export const portVariable = (space: string): string => `PARLEY_PORT_${asVariable(space)}`;

/** The variable that is proposed for the secret of a space: `PARLEY_SECRET_TUTOR_GO`. */
export const secretVariable = (space: string): string => `PARLEY_SECRET_${asVariable(space)}`;

const asVariable = (space: string): string => space.toUpperCase().replaceAll('-', '_');
