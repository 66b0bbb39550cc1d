using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The arguments of a launch do not fit the kernel's parameters. Nothing was launched.</summary>
public sealed class KernelArgumentException : FusionException
{
    private KernelArgumentException(string message, string kernel, int index)
        : base(ErrorCodes.KernelArgument, message) => (Kernel, Index) = (kernel, index);

    /// <summary>Name of the kernel.</summary>
    public string Kernel { get; }

    /// <summary>Index of the wrong argument, from 0; -1 if there are too many or too few.</summary>
    public int Index { get; }

    internal static KernelArgumentException ForCount(KernelEntry kernel, int count)
    {
        var parameters = string.Join(", ", kernel.Parameters.Select(p => $"{p.Type} {p.Name}"));
        return new(
            $"The kernel '{kernel.Name}' takes {kernel.Parameters.Count} arguments, ({parameters}), but {count} were given.",
            kernel.Name, -1);
    }

    internal static KernelArgumentException ForSize(KernelEntry kernel, int index, string given)
    {
        var parameter = kernel.Parameters[index];
        return new(
            $"Argument {index} of the kernel '{kernel.Name}', '{parameter.Name}', is {parameter.Type} of " +
            $"{Bytes(parameter.Size)}, but {given} was given. Convert it to the type of the parameter.",
            kernel.Name, index);
    }

    internal static KernelArgumentException ForLostCopy(KernelEntry kernel, int index) => new(
        $"Argument {index} of the kernel '{kernel.Name}', '{kernel.Parameters[index].Name}', was made by KernelArgument.Bytes on another " +
        "thread, or so many others after it that its copy is gone. Make it for each launch, on the thread that launches.",
        kernel.Name, index);

    internal static string Bytes(int count) => count == 1 ? "1 byte" : $"{count} bytes";
}

/// <summary>A kernel cannot be launched in the given shape. Nothing was launched.</summary>
public sealed class LaunchShapeException : FusionException
{
    internal LaunchShapeException(string kernel, string problem)
        : base(ErrorCodes.LaunchShape, $"The kernel '{kernel}' cannot be launched: {problem}.") => Kernel = kernel;

    /// <summary>Name of the kernel.</summary>
    public string Kernel { get; }
}
