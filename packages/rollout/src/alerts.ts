import { type AlertSource, MetricsAway, type OnProgress } from "@sluice/ports";

/** Asks for the alerts of one service, and says once when nobody can tell which fire. */
export class AlertLookout {
  private isAway = false;
  private readonly service: string;
  private readonly source: AlertSource | undefined;
  private readonly onProgress: OnProgress | undefined;

  constructor(service: string, source: AlertSource | undefined, onProgress: OnProgress | undefined) {
    this.service = service;
    this.source = source;
    this.onProgress = onProgress;
  }

  /** The part of a sample that is about alerts: those that fire, null when nobody can tell, nothing when nobody asks. */
  async look(signal: AbortSignal | undefined): Promise<{ alerts?: string[] | null }> {
    if (!this.source) return {};
    try {
      const alerts = await this.source.firing(this.service, signal);
      this.isAway = false;
      return { alerts };
    } catch (error) {
      if (!(error instanceof MetricsAway)) throw error;
      if (!this.isAway) this.onProgress?.({ type: "warning", service: this.service, text: error.message });
      this.isAway = true;
      return { alerts: null };
    }
  }
}
