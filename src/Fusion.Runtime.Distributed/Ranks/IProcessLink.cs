namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>A way between processes, as long as an operation lives.</summary>
internal interface IProcessLink : IHostLink, IDisposable
{
    /// <summary>Forgets what came before a reset of the operation, between two barriers.</summary>
    void Reset();
}
