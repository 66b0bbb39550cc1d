namespace Llama.Serving;

/// <summary>What a server is doing at a moment.</summary>
/// <param name="Running">Number of requests that own pages.</param>
/// <param name="Waiting">Number of requests that wait for pages.</param>
/// <param name="FreePages">Number of pages that no request owns.</param>
/// <param name="Pages">Number of pages of the cache.</param>
/// <param name="Steps">Number of steps that were done since the server began.</param>
/// <param name="FailedSteps">Number of steps that failed.</param>
/// <param name="Preemptions">Number of times that a request gave its pages to others and was computed again.</param>
public readonly record struct ServerStatus(int Running, int Waiting, int FreePages, int Pages, long Steps, long FailedSteps, long Preemptions);
