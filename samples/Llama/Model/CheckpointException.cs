namespace Llama.Model;

/// <summary>A checkpoint cannot be used. The message names the file and what in it is wrong, and what was expected.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>Makes the exception for something that is wrong with a file.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="problem">What was found and what was expected.</param>
    /// <param name="inner">Cause; may be null.</param>
    public CheckpointException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner) => File = file;

    /// <summary>Path of the file.</summary>
    public string File { get; }
}
