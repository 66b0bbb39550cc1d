using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Fusion.Cli.Output;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.CommandLine;

/// <summary>Options that several commands share, and the words of their values.</summary>
internal static class ToolOptions
{
    /// <summary>Types of inputs, by word.</summary>
    public static readonly Dictionary<string, ElementType> Types =
        AllReduceVocabulary.DataTypes.ToDictionary(word => word, word => Enum.Parse<ElementType>(
            AllReduceVocabulary.Elements.Single(element => element.Word == word).Name));

    /// <summary>Strategies that can be asked for, by word.</summary>
    public static readonly Dictionary<string, AllReduceStrategy> Strategies =
        Enum.GetValues<AllReduceStrategy>().ToDictionary(strategy => AllReduceDispatcher.Name(strategy));

    /// <summary>Makes an option with any text.</summary>
    public static Option<string> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    /// <summary>Makes an option with a whole number.</summary>
    public static Option<int?> Number(string name, string description, bool required = false) => new(name)
    {
        Description = description,
        HelpName = "N",
        Required = required,
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (TryParse(text, out var number)) return number;
            result.AddError($"'{text}' is no whole number, as option '{name}' needs.");
            return null;
        },
    };

    /// <summary>Makes an option with whole numbers, separated by commas.</summary>
    public static Option<int[]> Numbers(string name, string description, bool required = false) => new(name)
    {
        Description = description,
        HelpName = "N,N,…",
        Required = required,
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            var numbers = new List<int>();
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                if (TryParse(part, out var number)) numbers.Add(number);
                else result.AddError($"'{part}' is no whole number, as option '{name}' needs: 1,16,64.");
            }

            return [.. numbers];
        },
    };

    /// <summary>Makes an option with one of several words.</summary>
    public static Option<string> Choice(string name, string description, IEnumerable<string> values)
    {
        var option = new Option<string>(name) { Description = description };
        option.AcceptOnlyFromAmong([.. values]);
        return option;
    }

    /// <summary>Makes the option that limits the size of workspaces.</summary>
    public static Option<int?> WorkspaceLimitOption() =>
        Number("--workspace-limit", "Largest size of a rank's workspace in MiB, 64 by default; calls that need more are done in pieces.");

    /// <summary>Converts the value of <see cref="WorkspaceLimitOption"/> to bytes.</summary>
    /// <param name="mebibytes">The value; null for the default.</param>
    public static long WorkspaceLimit(int? mebibytes) =>
        mebibytes is { } given ? given * 1024L * 1024 : AllReduceOptions.DefaultWorkspaceLimitBytes;

    /// <summary>Makes the option that names an assembly with all-reduce kernels compiled for one model.</summary>
    public static Option<string> KernelsOption() =>
        Text("--kernels", "Prefer the all-reduce kernels of an assembly's FusionAllReduce items, where they fit.", "ASSEMBLY");

    /// <summary>Reads the kernels compiled for one model from an assembly, without running its code.</summary>
    /// <param name="path">Path of the assembly; null for the built-in kernels alone.</param>
    /// <exception cref="UsageException">The file is no assembly, or has no such kernels.</exception>
    public static AllReduceKernels Kernels(string? path)
    {
        if (path is null) return AllReduceKernels.BuiltIn;
        try
        {
            var found = AllReduceKernels.Of(Assembly.LoadFrom(Path.GetFullPath(path)));
            return found.Variants.Count > 0 ? found : throw new UsageException(
                $"'{path}' has no all-reduce kernels for a model. They come from FusionAllReduce items of its project.");
        }
        catch (Exception e) when (OutputFile.IsOfFiles(e) || e is BadImageFormatException or KernelLoadException)
        {
            throw new UsageException($"'{path}' cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads a GPU architecture.</summary>
    /// <param name="name">Name of the architecture: sm_90.</param>
    /// <exception cref="UsageException">The name is none.</exception>
    public static ComputeCapability Capability(string name) => GpuArchitecture.TryParse(name, out var architecture)
        ? architecture.Capability
        : throw UsageException.OfCommandLine($"'{name}' is no GPU architecture: expected sm_NN, as in --arch sm_90.");

    /// <summary>Reads an epilogue.</summary>
    /// <param name="words">The words, joined by <c>+</c>.</param>
    /// <exception cref="UsageException">A word is unknown or in the wrong place.</exception>
    public static AllReduceEpilogue Epilogue(string words)
    {
        try
        {
            return AllReduceEpilogue.Parse(words);
        }
        catch (FormatException e)
        {
            throw UsageException.OfCommandLine(e.Message);
        }
    }

    /// <summary>Returns a number that must be 1 or more.</summary>
    /// <param name="value">The number.</param>
    /// <param name="option">Name of its option, for the error.</param>
    /// <exception cref="UsageException">The number is 0 or negative.</exception>
    public static int Positive(int value, string option) =>
        value > 0 ? value : throw UsageException.OfCommandLine($"Option '{option}' is {value}, but must be 1 or more.");

    private static bool TryParse(string text, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
