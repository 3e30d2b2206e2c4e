/** Whether the agent at this desk is online, and why the gateway set them away. No DOM. */
export class Presence {
  state = "away";
  setAway = null; // {cause, missed}; null when the agent chose it

  /** The gateway's welcome says how things stand. */
  welcomed({ presence, presence_cause: cause }) {
    this.state = presence;
    if (!cause) this.setAway = null;
    else this.setAway ??= { cause };
  }

  /** The gateway has changed it. */
  changed({ state, cause, missed }) {
    this.state = state;
    this.setAway = { cause, missed };
  }

  /** The agent has. */
  chosen(state) {
    this.state = state;
    this.setAway = null;
  }
}
