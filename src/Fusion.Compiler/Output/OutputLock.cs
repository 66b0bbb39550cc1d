using Fusion.Build.Contract;

namespace Fusion.Compiler.Output;

/// <summary>Keeps a second fusionc out of the same output folder.</summary>
internal static class OutputLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until no other fusionc is at work.</summary>
    /// <param name="path">The lock file. It stays when the lock is given back: to delete it would let two in at once.</param>
    /// <param name="patience">How long to wait at most.</param>
    /// <param name="waiting">Called once if there is a wait.</param>
    /// <param name="problem">Why there is no lock; null if there is one.</param>
    /// <returns>What gives the lock back when it is disposed; null if the wait was in vain.</returns>
    public static IDisposable? Take(string path, TimeSpan patience, Action waiting, out Diagnostic? problem)
    {
        problem = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = new WriteException(path, e).ToDiagnostic();
            return null;
        }

        var waited = TimeSpan.Zero;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (UnauthorizedAccessException e)
            {
                problem = new WriteException(path, e).ToDiagnostic();
                return null;
            }
            catch (IOException) when (waited < patience)
            {
                if (waited == TimeSpan.Zero) waiting();
                Thread.Sleep(Pause);
                waited += Pause;
            }
            catch (IOException e)
            {
                problem = new Diagnostic(DiagnosticSeverity.Error, Codes.Locked,
                    $"Another fusionc has been compiling the same project for {patience.TotalSeconds:0} seconds and holds '{path}' "
                    + $"({e.Message}). Wait for the other build, or end it, and build again.");
                return null;
            }
        }
    }
}
