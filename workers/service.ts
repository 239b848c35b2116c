/** A role that runs until it is stopped. */
export interface Service {
  /** Finishes or hands back what is under way. */
  stop(): Promise<void>;
}
